"""The page of the providers: who they are and how they are doing."""
