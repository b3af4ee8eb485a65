"""What pages of both sides say of a judgement: its facts, its parameters, its breaches."""
