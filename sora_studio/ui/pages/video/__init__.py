"""One video: play it, read about it, remix it."""
