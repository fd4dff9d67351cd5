"""What an operator may set: the environment, read and checked once before the start."""

from sora_studio.config.environment import SECRETS, load
from sora_studio.config.error import ConfigError
from sora_studio.config.settings import Settings

__all__ = ["SECRETS", "ConfigError", "Settings", "load"]
