"""The entry: everything that the studio is, put together."""

import reflex as rx

from sora_studio.ui import placeholder

app = rx.App()
app.add_page(placeholder.page, route="/", title="Sora Studio")
app.add_page(placeholder.page, route="/login", title="Log in")
app.add_page(placeholder.page, route="/video/[id]", title="Video")
