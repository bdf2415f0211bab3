"""Faces of a case: record, page, figures, words. Each returns text or pixels; none saves."""
