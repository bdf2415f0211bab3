"""Finding: bright islands in the brain, and which of them are not calcium."""
