"""Words and rules of the studio: standard library only, no I/O."""
