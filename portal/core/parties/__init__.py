"""Banks, agencies, their staff; debtors, their contact points and wishes."""
