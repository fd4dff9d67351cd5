"""Where those are led who must have a second factor."""
