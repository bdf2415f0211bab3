"""Is it fit to read? Geometry, coverage, noise, contrast, metal, motion, each a caution or a refusal."""
