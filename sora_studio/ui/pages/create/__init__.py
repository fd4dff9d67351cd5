"""Create: describe a video and watch it come."""
