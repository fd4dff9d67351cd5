"""The trail: for admins."""
