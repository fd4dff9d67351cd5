"""The chips of the library, by their name in its address."""

from sora_studio.domain.video import COMING, Phase

DECIDING = "deciding"
FILTERS = {
    "": (),
    DECIDING: (Phase.NEEDS_ATTENTION,),
    "coming": COMING,
    "completed": (Phase.COMPLETED,),
    "failed": (Phase.FAILED,),
}
