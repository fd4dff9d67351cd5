"""What stands before the app, whatever the path: plain ASGI that knows neither Reflex nor FastAPI."""
