"""The settings of the studio itself: for admins."""
