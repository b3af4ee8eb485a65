"""Which agencies a bank may refer to, and on what terms."""
