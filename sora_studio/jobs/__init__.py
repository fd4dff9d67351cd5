"""When background work happens. No business code."""
