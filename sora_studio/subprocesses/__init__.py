"""The processes we bring along: an embedded PostgreSQL and the sandbox provider."""
