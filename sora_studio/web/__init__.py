"""The web server: the ASGI application, its middleware, the front end build, the process that serves them."""
