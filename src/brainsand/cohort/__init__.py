"""Many scans: find them, spread the work, gather tables, and say what the group shows."""
