"""What a start may take for granted."""

import pytest

from sora_studio.bootstrap import is_alone
from sora_studio.config import load


@pytest.mark.parametrize(
    ("environment", "alone"),
    [
        ({}, True),
        ({"DATABASE_URL": "postgresql://studio@db/studio"}, False),
        ({"SORA_STUDIO_MEDIA_DIR": "/mnt/films"}, False),
    ],
    ids=["own", "database", "folder"],
)
def test_files_in_the_making_may_be_anothers_unless_both_database_and_folder_are_ones_own(
    environment: dict[str, str], alone: bool
):
    assert is_alone(load(environment)) == alone
