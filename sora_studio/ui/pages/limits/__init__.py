"""Limits: how much of the studio each project may take, for admins."""
