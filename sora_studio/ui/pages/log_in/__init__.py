"""Log in: the page for people who have an account."""
