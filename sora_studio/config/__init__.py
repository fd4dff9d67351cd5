"""What an operator may set: the environment, read and checked once before the start."""

from sora_studio.config.environment import SECRETS, for_children, forget_environment, load, load_providers
from sora_studio.config.error import ConfigError
from sora_studio.config.providers import ProviderSettings
from sora_studio.config.settings import PRIVATE, Settings

__all__ = [
    "PRIVATE",
    "SECRETS",
    "ConfigError",
    "ProviderSettings",
    "Settings",
    "for_children",
    "forget_environment",
    "load",
    "load_providers",
]
