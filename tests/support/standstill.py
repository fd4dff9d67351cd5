"""Videos that stand still, as if nobody worked on them, for tests of what their pages offer."""

import psycopg

from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.video import Phase
from sora_studio.subprocesses.postgres import running_postgres
from tests.support.studio import RunningStudio

_LEAVE = """
WITH left_so AS (
    UPDATE job SET phase = %(phase)s, problem_code = %(problem)s, problem_message = 'It did not answer.',
        charge = 'reserved', due_at = NULL, ended_at = NULL, submit_started_at = now()
    WHERE video_id = ANY(%(videos)s) AND current RETURNING video_id
)
UPDATE video SET phase = %(phase)s FROM left_so WHERE id = video_id"""


def leave(studio: RunningStudio, phase: Phase, *video_ids: str) -> None:
    """Have videos stand in a phase, with their pages told.

    Args:
        studio: A running one, with a database of its own.
        phase: One of COMING, or NEEDS_ATTENTION, as when the submit was never answered.
        video_ids: Public ones, of videos that have ended.
    """
    url = running_postgres(studio.log.with_suffix(""))
    assert url
    problem = ProblemCode.SUBMIT_UNKNOWN if phase is Phase.NEEDS_ATTENTION else None
    values = {"phase": phase, "problem": problem, "videos": [*map(parse_public_id, video_ids)]}
    with psycopg.connect(url) as connection:
        assert connection.execute(_LEAVE, values).rowcount == len(video_ids)
