"""A Videos API server that keeps real jobs and draws real videos, by a procedure (no AI model).

A program of its own: `sora-sandbox` starts it, and it imports nothing of the studio.
"""
