"""The kinds of calls to a provider: what a lost or odd answer means depends on what was asked."""

from enum import Enum, auto


class Call(Enum):
    """What is being asked of the provider."""

    CREATE = auto()
    REMIX = auto()  # an edit and an extension, too: what is made from another job
    CHARACTER = auto()
    FETCH = auto()
    LIST = auto()
    CONTENT = auto()
    DELETE = auto()

    @property
    def makes(self) -> bool:
        """Tell whether it makes something there, which may be paid for: without an answer, it may exist."""
        return self in {Call.CREATE, Call.REMIX, Call.CHARACTER}
