"""Servers that speak the Videos API, behind `domain.ports.Provider`. Only this package knows the SDK."""
