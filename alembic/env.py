"""Alembic's environment: migrates over the connection it is given, or the URL in its options."""

from sqlmodel import SQLModel

from alembic import context
from sora_studio.db import models

assert models  # noqa: S101 - importing it registers the tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transaction_per_migration=True,
)
context.run_migrations()
