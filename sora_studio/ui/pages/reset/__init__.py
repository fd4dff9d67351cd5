"""The page that a reset link leads to."""
