"""Makes the compact HPO vocabulary from the ontology's own release files."""
