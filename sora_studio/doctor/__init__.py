"""Looks for what is wrong with a studio, beside a running one or without it."""
