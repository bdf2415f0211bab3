"""What it means: kind, pattern, significance."""
