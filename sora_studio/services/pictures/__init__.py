"""Reading and making pictures and videos: pure functions, meant for worker processes.

A hostile file can make them slow or hungry, never more: `limit_worker` bounds the process they run in.
"""

from sora_studio.services.pictures.reference import clean_reference, fit_reference, inspect_reference
from sora_studio.services.pictures.stills import make_poster, make_spritesheet
from sora_studio.services.pictures.video import inspect_video
from sora_studio.services.pictures.worker import UPLOAD_CPU_SECONDS, limit_worker

__all__ = [
    "UPLOAD_CPU_SECONDS",
    "clean_reference",
    "fit_reference",
    "inspect_reference",
    "inspect_video",
    "limit_worker",
    "make_poster",
    "make_spritesheet",
]
