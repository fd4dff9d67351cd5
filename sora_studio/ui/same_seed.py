"""Whether a video can be made nearly the same once more."""

from collections.abc import Mapping

from sora_studio.container import services
from sora_studio.domain.video import VideoView


def repeating(view: VideoView) -> Mapping[str, object] | None:
    """Return the options that make nearly the same video again; None: no seed of it is known or taken."""
    profiles = {profile.name: profile for profile in services().videos.profiles()}
    profile = profiles.get(view.provider)
    return profile and profile.repeating(view.model, view.options, view.facts.seed)
