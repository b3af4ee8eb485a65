"""Sign-in and sign-out: staff by single sign-on or password, debtors by letter."""
