"""Money: what attempts at videos cost, and who may spend it."""
