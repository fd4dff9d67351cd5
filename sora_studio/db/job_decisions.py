"""The statements by which jobs that came to a stop are taken up again, begun anew or given up.

A person decides; or an operator, whose commands take up what was lost. Each of a person's counts the videos
that it changed.
"""

from sqlalchemy import text

from sora_studio.db.models import one_of
from sora_studio.domain.problem import MAY_COME_BACK

# What the provider is known to have taken stays settled: it bills it whatever the person decides.
_DECIDED = """, shown AS (UPDATE video SET phase = done.phase FROM done WHERE video.id = done.video_id),
recorded AS (INSERT INTO activity (video_id, kind) SELECT video_id, :kind FROM done)
SELECT count(*) FROM done"""
_LET_GO = "charge = CASE charge WHEN 'reserved' THEN 'released' ELSE charge END"
_WAITING = "video_id = :video AND current AND phase = 'needs_attention'"
_LOST = f"""current AND remote_id IS NOT NULL
        AND phase IN ('failed', 'needs_attention') AND {one_of("problem_code", MAY_COME_BACK)}"""

# Its deadline starts anew, hence created_at; and whichever server has its provider's name now is asked.
_AGAIN = """due_at = now(), lookups = 0, failures = 0, fence = fence + 1, created_at = now(), ended_at = NULL,
        server = NULL, problem_code = NULL, problem_message = NULL"""

HOLD = text(f"SELECT FROM job WHERE {_WAITING} FOR UPDATE")

LOOK_AGAIN = text(f"""
WITH done AS (
    UPDATE job SET phase = CASE WHEN remote_id IS NULL THEN 'submit_unknown' ELSE 'in_progress' END, {_AGAIN}
    WHERE {_WAITING} OR video_id = :video AND {_LOST} RETURNING video_id, phase
){_DECIDED}""")

LOOK_AGAIN_AT_LOST = text(f"""
WITH done AS (
    UPDATE job SET phase = 'in_progress', {_AGAIN}
    WHERE {_LOST} AND provider = ANY(:providers)
        AND (CAST(:remote_ids AS text[]) IS NULL OR remote_id = ANY(:remote_ids))
        AND EXISTS (SELECT FROM video WHERE video.id = video_id AND video.deleted_at IS NULL)
    RETURNING video_id, phase
){_DECIDED}""")

# It ends the holds of earlier attempts, too: whether these were taken, nobody else will ever say.
GIVE_UP = text(f"""
WITH earlier AS (
    UPDATE job SET {_LET_GO} WHERE video_id = :video AND NOT current AND charge = 'reserved'
    RETURNING video_id
), done AS (
    UPDATE job SET phase = 'failed', due_at = NULL, ended_at = now(), fence = fence + 1, {_LET_GO},
        problem_code = 'given_up', problem_message = 'You stopped waiting for this video.'
    WHERE {_WAITING} RETURNING video_id, phase
), shown AS (UPDATE video SET phase = done.phase FROM done WHERE video.id = done.video_id),
decided AS (SELECT video_id FROM done UNION SELECT video_id FROM earlier),
recorded AS (INSERT INTO activity (video_id, kind) SELECT video_id, :kind FROM decided)
SELECT count(*) FROM decided""")

# What may have been taken stays on hold beside the next attempt: it may still be billed.
SUBMIT_AGAIN = text(f"""
WITH old AS (
    UPDATE job SET current = false, due_at = NULL, fence = fence + 1,
        charge = CASE WHEN charge = 'reserved' AND submit_started_at IS NULL THEN 'released' ELSE charge END
    WHERE {_WAITING} RETURNING job.*
), done AS (
    INSERT INTO job (id, video_id, current, provider, phase, progress, progress_known, price_micros, charge,
        created_at, due_at, api_key_id, asked_by, play_money, virtual_start)
    SELECT :id, video_id, true, :provider, 'submitting', 0, false, :price, 'reserved', :at, now(), :api_key,
        :asked_by, :play_money, :start
    FROM old
    RETURNING video_id, phase
){_DECIDED}""")
