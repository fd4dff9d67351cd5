"""Fixtures for tests that start programs."""

from tests.support.studio import data_dir

__all__ = ["data_dir"]
