"""What a command asks of the C library; see ``brainsand.heap``."""

from brainsand.heap import keep_memory

__all__ = ["keep_memory"]
