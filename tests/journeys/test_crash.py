"""The web process dies over a payment that was made: nothing is lost, nothing counts twice."""
