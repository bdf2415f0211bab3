"""Data, no code: atlas, norms, thresholds, references."""
