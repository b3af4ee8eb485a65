"""What an agency did on an account, and the rules it broke."""
