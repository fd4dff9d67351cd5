"""One project: its name, who is in it, and what becomes of it."""
