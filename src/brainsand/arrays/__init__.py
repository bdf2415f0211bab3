"""Sums that know nothing of CT: affine maps, resampling, components, shape."""
