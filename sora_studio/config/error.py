"""The one error of the set-up."""


class ConfigError(Exception):
    """The studio cannot start as it is configured; `problems` holds one sentence each."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


_PHRASES = {
    "Value error, ": "",
    "Input should be": "must be",
    "Decimal input should": "must",
    "Extra inputs are not permitted": "is not a key here",
}


def reason(message: str) -> str:
    """Make pydantic's message the second half of a sentence."""
    for theirs, ours in _PHRASES.items():
        message = message.replace(theirs, ours)
    return message


def place(location: tuple[int | str, ...]) -> str:
    """Write a key as it is found in the file: `models[0].sizes `."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return f"{text.lstrip('.')} " if text else ""
