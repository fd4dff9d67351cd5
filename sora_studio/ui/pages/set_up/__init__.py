"""The page on which the first account of a studio is opened."""
