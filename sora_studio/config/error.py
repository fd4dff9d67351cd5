"""The one error of the set-up."""


class ConfigError(Exception):
    """The studio cannot start as it is set up; `problems` holds one sentence each."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))
