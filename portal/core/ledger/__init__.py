"""Transfers between books, the balance they leave, its verification."""
