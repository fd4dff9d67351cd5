"""The layers that pictures are made of: each module paints one kind of thing."""
