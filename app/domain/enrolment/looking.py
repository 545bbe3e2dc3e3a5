"""Dry runs: the real thing, not kept."""


class OnlyLooking(Exception):  # no error: it says that nothing shall be kept
    """Raised inside a unit of work to roll it back, and caught just outside."""
