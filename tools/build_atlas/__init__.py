"""Computes ``src/brainsand/knowledge/atlas.npz`` from label maps and stated anatomy. Run: see ``__main__``."""
