"""The debtor's pages."""
