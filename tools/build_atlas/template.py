"""The MNI152 2009a symmetric template on the atlas's lattice."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import nilearn
import numpy as np
from scipy import ndimage

from build_atlas.labels import turned
from build_atlas.lattice import SHAPE, Single, mni_affine


def template_map(kind: str, smooth_voxels: float = 0.0) -> Single:
    """The template's ``"gm"``, ``"wm"`` (0 to 1) or ``"t1"`` on the atlas's lattice."""
    name = f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz"
    image = nib.load(Path(nilearn.__file__).parent / "datasets" / "data" / name)
    array, affine = turned(np.asarray(image.dataobj).astype(np.float32), image.affine)
    if kind != "t1":
        array /= array.max()
    array = ndimage.gaussian_filter(array, smooth_voxels) if smooth_voxels else array
    matrix = np.linalg.inv(affine) @ mni_affine()
    return ndimage.affine_transform(array, matrix[:3, :3], matrix[:3, 3], output_shape=SHAPE, order=1)
