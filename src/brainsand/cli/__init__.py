"""Words typed by a person; no logic."""
