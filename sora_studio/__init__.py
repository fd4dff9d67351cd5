"""Sora Studio."""
