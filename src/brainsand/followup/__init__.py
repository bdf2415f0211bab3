"""The second scan of one person: the heads laid upon each other, deposits matched, change told from error."""
