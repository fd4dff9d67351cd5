"""What stands between the socket and the app, whatever the path: plain ASGI, knowing neither Reflex nor FastAPI."""
