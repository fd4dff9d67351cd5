"""Reading and making pictures and videos: pure functions, meant for worker processes.

A hostile file can make them slow or hungry, never more: `limit_worker` bounds the process they run in.
"""

from sora_studio.services.pictures.picture import clean_picture, fit_picture, inspect_picture
from sora_studio.services.pictures.sound import inspect_sound
from sora_studio.services.pictures.stills import make_poster, make_spritesheet
from sora_studio.services.pictures.video import inspect_video
from sora_studio.services.pictures.worker import UPLOAD_CPU_SECONDS, limit_worker

__all__ = [
    "UPLOAD_CPU_SECONDS",
    "clean_picture",
    "fit_picture",
    "inspect_picture",
    "inspect_sound",
    "inspect_video",
    "limit_worker",
    "make_poster",
    "make_spritesheet",
]
