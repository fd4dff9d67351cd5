"""A studio as it runs for many people, on this machine alone: `make production`."""
