"""In which library somebody makes their videos, as a browser keeps it: for each of its accounts."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sora_studio.ui.libraries import MINE, parse_library

_MOST = 12  # accounts in one browser
_LONGEST = 2_000  # characters; they come from a browser


def read(text: str, owner_id: UUID) -> str:
    """Return what a person has chosen, out of what a browser has kept: empty when it is nothing."""
    chosen = str(_kept(text).get(owner_id.hex, ""))
    try:
        parse_library(chosen)
    except ValueError:
        return ""
    return chosen


def write(text: str, owner_id: UUID, project_id: UUID | None) -> str:
    """Return what a browser is to keep from now on."""
    others = [each for each in _kept(text).items() if each[0] != owner_id.hex]
    return json.dumps(dict([(owner_id.hex, project_id.hex if project_id else MINE), *others][:_MOST]))


def _kept(text: str) -> Mapping[str, Any]:
    """Read everybody's; nonsense is nobody's."""
    try:
        kept = json.loads(text) if len(text) <= _LONGEST else {}
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}
