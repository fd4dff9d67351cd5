"""What Reflex needs to know to build and to serve the front end."""

import reflex as rx

config = rx.Config(
    app_name="sora_studio",
    plugins=[],  # the look is one stylesheet of ours: assets/studio.css
    disable_plugins=[rx.plugins.SitemapPlugin],
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,  # nothing important lives in a state
    redis_token_expiration=900,  # seconds that the state of a closed tab is kept, whatever keeps it
    cors_allowed_origins=[],  # sora_studio/web/middleware/authority.py decides: it knows our names
    telemetry_enabled=False,
    show_built_with_reflex=False,
)
