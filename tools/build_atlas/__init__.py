"""Computes ``knowledge/atlas.npz`` from label maps and stated anatomy. How to run it: ``__main__``."""
