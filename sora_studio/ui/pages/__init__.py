"""The pages: each a folder with what it draws and the State behind it. They never import each other."""
