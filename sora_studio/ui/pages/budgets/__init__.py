"""Budgets: who may spend how much, for admins."""
