"""What is left to spend, as the composer shows it; the page's State fills it."""

import reflex as rx

from sora_studio.ui.pages.create.funds import Funds


class FundsState(rx.State):
    """What is left, by provider."""

    at: rx.Field[dict[str, Funds]] = rx.field(default_factory=dict)
