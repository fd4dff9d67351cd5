"""Processes that serve one studio: who is there, what they tell each other, what only one of them does."""
