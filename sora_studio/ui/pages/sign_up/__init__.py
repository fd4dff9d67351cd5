"""Sign up: the page for people who have no account yet."""
