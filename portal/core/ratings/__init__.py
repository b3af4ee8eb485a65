"""Measures of what an agency did."""
