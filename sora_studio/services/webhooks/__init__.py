"""Webhooks out: who is told what becomes of videos, and how."""
