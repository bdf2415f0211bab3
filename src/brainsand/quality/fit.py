"""Is this the head of a living person at all? What the pose and the tissue inside the skull say.

A phantom, another part of the body, or a scan whose values are not HU also finds *some* place in the atlas;
it is known by how badly it lies there, by a shape no head has, and by what fills the skull: brain lies
between 15 and 50 HU, water at 0, plastics from -100 to 120.

Seen: three real heads misfit by 61 to 80 HU and virtual heads by 43 to 56, a skull phantom by 208, a head
seen to a fifth by 132. Share of brain-like attenuation within the skull: 0.71 (a scan 12 HU too low) to 0.87
against 0.08.

It misleads with a phantom filled with brain-like gel, which has no folds: the caution ``uniform_brain`` is
for that.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainsand.errors import NotAHead
from brainsand.model.caution import Caution

Mask = NDArray[np.bool_]
Image = NDArray[Any]

# A newborn's head measures 0.6 of an adult's along each axis (circumference 35 against 57 cm).
_STRETCH: Final = (0.55, 1.4)
_USUAL_STRETCH: Final = (0.75, 1.25)
_MOST_UNEVEN: Final = 1.5
_DOUBTED_MISFIT: Final = 0.75
# Around any offset a scanner may have (see ``plausible``), so that a wrong zero alone is no reason to refuse.
_BRAIN_HU: Final = (-5.0, 65.0)
_LEAST_BRAIN: Final = 0.5
# Intracranial volume: about 350 ml at birth, under 2000 ml in adults, hydrocephalus more.
_VOLUME_ML: Final = (250.0, 3000.0)
_LEAST_TEXTURE_HU: Final = 1.5
# Water fills a skull 30 HU under brain.
_FILLING_OFF_HU: Final = 15.0
_TODO: Final = "Check that the right series was chosen; phantoms and other parts of the body cannot be read."


def refuse_unless_head(
    residual_hu: float, stretch: tuple[float, float, float], *, most_misfit_hu: float
) -> None:
    """Refuse (NotAHead ``not_a_head``) what the atlas of a head cannot be laid on.

    Parameters
    ----------
    residual_hu : float
        Root mean square misfit of the clipped attenuation, of the pose.
    stretch : tuple of 3
        Principal scales from atlas to scan.
    most_misfit_hu : float
        From here on it is no head.
    """
    low, high = min(stretch), max(stretch)
    odd_shape = low < _STRETCH[0] or high > _STRETCH[1] or high > _MOST_UNEVEN * low
    if residual_hu <= most_misfit_hu and not odd_shape:
        return
    scales = ", ".join(f"{s:.2f}" for s in stretch)
    raise NotAHead(
        f"No head was found: at its best the atlas misfits the scan by {residual_hu:.0f} HU, scaled by "
        f"{scales}.",
        needed=f"a misfit of at most {most_misfit_hu:.0f} HU (heads: 40 to 85) and scales from "
        f"{_STRETCH[0]:g} to {_STRETCH[1]:g} that differ by less than half.",
        todo=_TODO,
        code="not_a_head",
    )


def pose_cautions(
    residual_hu: float, stretch: tuple[float, float, float], *, most_misfit_hu: float
) -> tuple[Caution, ...]:
    """What to say of a head that the atlas fits badly, or one of unusual size."""
    found = []
    if residual_hu > _DOUBTED_MISFIT * most_misfit_hu:
        words = (
            f"The atlas fits the head badly (misfit {residual_hu:.0f} HU, usually 40 to 85): sites may be "
            "named wrongly. Look at the pictures."
        )
        found.append(Caution(code="poor_pose", words=words))
    if min(stretch) < _USUAL_STRETCH[0] or max(stretch) > _USUAL_STRETCH[1]:
        scales = ", ".join(f"{s:.2f}" for s in stretch)
        words = (
            f"The head is of unusual size or shape (atlas scaled by {scales}): a small child, or voxel "
            "sizes that are wrong; volumes follow the voxel sizes."
        )
        found.append(Caution(code="unusual_head_size", words=words))
    return tuple(found)


def refuse_unless_brain(hu: Image, inside: Mask, *, voxel_mm3: float, imaged_share: float = 1.0) -> None:
    """Refuse (NotAHead ``no_brain``) a skull that is not filled with brain, or a space no brain can have.

    Parameters
    ----------
    hu, inside : arrays (slice, row, column)
        Attenuation and intracranial space on a lattice of ``voxel_mm3``.
    imaged_share : float
        Share of the space that the scan holds, 0 to 1.
    """
    core = ndimage.binary_erosion(inside, iterations=1)
    values = hu[core] if core.any() else hu[inside]
    share = float(np.mean((values > _BRAIN_HU[0]) & (values < _BRAIN_HU[1]))) if values.size else 0.0
    volume_ml = float(inside.sum()) * voxel_mm3 / 1000
    whole_ml = volume_ml / max(imaged_share, 0.05)
    if share >= _LEAST_BRAIN and _VOLUME_ML[0] <= whole_ml <= _VOLUME_ML[1]:
        return
    raise NotAHead(
        f"The space inside the skull measures {volume_ml:.0f} ml ({imaged_share:.0%} of it in the scan) and "
        f"{share:.0%} of it is as dense as brain.",
        needed=f"{_VOLUME_ML[0]:.0f} to {_VOLUME_ML[1]:.0f} ml in all, at least {_LEAST_BRAIN:.0%} between "
        f"{_BRAIN_HU[0]:.0f} and {_BRAIN_HU[1]:.0f} HU.",
        todo=_TODO,
        code="no_brain",
    )


def texture_hu(hu: Image, inside: Mask, *, step_mm: float) -> float | None:
    """How much the brain varies over about a centimetre, HU: the spread of smoothed attenuation deep inside.

    Gray matter, white matter and fluid make it several HU in a head; a uniform filling has next to none.
    None where the space is too small to have an inside.
    """
    deep = ndimage.binary_erosion(inside, iterations=max(1, round(8 / step_mm)))
    if deep.sum() < 200:
        return None
    smooth = ndimage.gaussian_filter(np.clip(hu, -100, 100).astype(np.float32), 3.0 / step_mm)
    low, high = np.percentile(smooth[deep], [16, 84])
    return float(high - low) / 2


def refuse_if_filled(texture: float | None, offset_hu: float | None) -> None:
    """Refuse (NotAHead ``uniform_filling``) a skull filled evenly with what does not read as brain."""
    if texture is None or offset_hu is None:
        return
    if texture >= _LEAST_TEXTURE_HU or abs(offset_hu) < _FILLING_OFF_HU:
        return
    raise NotAHead(
        f"What fills the skull is even (it varies by {texture:.1f} HU) and reads {abs(offset_hu):.0f} HU "
        f"{'less' if offset_hu < 0 else 'more'} than brain.",
        needed=f"gray matter, white matter and fluid (at least {_LEAST_TEXTURE_HU:g} HU of variation).",
        todo=_TODO,
        code="uniform_filling",
    )


def texture_cautions(texture: float | None) -> tuple[Caution, ...]:
    """What to say of a brain without gray, white and fluid."""
    if texture is None or texture >= _LEAST_TEXTURE_HU:
        return ()
    words = (
        f"Attenuation inside the skull varies by only {texture:.1f} HU: a phantom's filling, a dead or "
        "diffusely swollen brain. Sites rest on the skull's shape alone."
    )
    return (Caution(code="uniform_brain", words=words),)
