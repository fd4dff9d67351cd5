"""Measurements of the studio: one module per target; `python -m bench` runs them."""
