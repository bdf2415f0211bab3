"""Where is what in this head? The skull, the space inside it, and the atlas laid upon it."""
