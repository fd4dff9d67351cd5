"""The library: everything that was made, found again."""
