"""brainsand: finds, places, measures and explains calcium in the brain on head CT."""

__version__ = "0.1.0"
