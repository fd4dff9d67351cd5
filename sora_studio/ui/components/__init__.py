"""Pure drawing: no State of a page in here."""
