"""The renderer: words in, an MP4 and its stills out. Knows nothing of HTTP."""

VIDEO, THUMBNAIL, SPRITESHEET = "video.mp4", "thumbnail.webp", "spritesheet.jpg"
"""The files of a rendered film."""
