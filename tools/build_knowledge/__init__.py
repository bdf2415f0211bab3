"""Makes the compiled copy of the knowledge base, checked against its schema."""
