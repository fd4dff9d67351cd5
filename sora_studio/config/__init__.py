"""What an operator may set: the environment, read and checked once before the start."""

from sora_studio.config.environment import SECRETS, load, load_providers
from sora_studio.config.error import ConfigError
from sora_studio.config.providers import ProviderSettings
from sora_studio.config.settings import Settings

__all__ = ["SECRETS", "ConfigError", "ProviderSettings", "Settings", "load", "load_providers"]
