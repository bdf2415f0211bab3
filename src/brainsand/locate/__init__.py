"""Placing: one named site with its doubt, side and lobe."""
