"""The people of the studio, and the invitations that let more of them in: for admins."""
