"""Use cases: one public method each, with its own short transactions."""
