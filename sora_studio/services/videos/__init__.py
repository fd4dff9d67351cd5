"""Videos and what belongs to them: wishes, files, characters."""
