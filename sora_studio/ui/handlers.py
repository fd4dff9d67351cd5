"""What handlers of events have in common."""

from typing import Any

Next = Any
"""What a handler has the page do next, None if nothing: Reflex's event specs have no common type."""
