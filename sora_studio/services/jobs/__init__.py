"""The life of a job after the wish: submit, refresh, reconcile, archive, purge.

Each module holds one piece of background work with a `run` that does what is due now. Who calls it, and when,
is the scheduler's concern.
"""
