"""The advisory locks of the studio: what shares a number waits for each other."""

from enum import IntEnum, unique


@unique
class Lock(IntEnum):
    """What is done by one at a time; any numbers that no other program in the database uses."""

    MIGRATING = 7_311_420_001
    ERASING = 7_311_420_002  # files of what was deleted
    CHOOSING_ADMINS = 7_311_420_003
    TAKING_WISHES = 7_311_420_004
    JOINING = 7_311_420_005  # the instances of the studio
    FOLDING_USAGE = 7_311_420_006  # `fold_usage` takes it, too
