"""What lets the doctor of this very studio in: it has the signing key, and nobody else has."""

from sora_studio.services.people.vault import Vault

_PURPOSE, _WORD = "doctor", "let me in"
_HOLDS_FOR = 120  # seconds


class DiagnosisService:
    """Makes and knows passes that hold for two minutes."""

    def __init__(self, vault: Vault) -> None:
        """Take what is locked with the signing key."""
        self._vault = vault

    def make_pass(self) -> str:
        """Return a pass."""
        return self._vault.seal(_WORD, _PURPOSE)

    def opens(self, given: str) -> bool:
        """Tell whether a pass is one, of now."""
        return self._vault.unseal(given, _PURPOSE, seconds=_HOLDS_FOR) == _WORD
