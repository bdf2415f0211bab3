"""Measuring: size, attenuation, form and scores of a deposit."""
