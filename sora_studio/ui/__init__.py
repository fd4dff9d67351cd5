"""Everything that knows Reflex."""
