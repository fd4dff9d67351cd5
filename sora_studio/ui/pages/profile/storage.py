"""How much the person's own library stores, on the profile."""

import reflex as rx

from sora_studio.ui.components.limits import storage_bar
from sora_studio.ui.pages.profile.storage_state import StorageState


def storage() -> rx.Component:
    """Draw how much of what may be stored is."""
    return storage_bar(StorageState.storage, "Used of your storage")
