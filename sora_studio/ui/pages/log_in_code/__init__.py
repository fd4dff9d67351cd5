"""The second step of a log-in."""
