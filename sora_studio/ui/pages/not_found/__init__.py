"""The answer to an address that leads nowhere."""
