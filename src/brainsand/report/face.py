"""Could anybody be recognized by the pictures? Not once all that lies away from the brain is air.

Sections through nose, lips and chin show a face as a surface rendering does, only slice by slice. So for results that
are to name nobody, what all pictures are drawn from keeps the inside of the skull and a rim around it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from brainsand.arrays.distance import distance_to
from brainsand.model.case import Case, Picture

RIM_MM: Final = 9.0
"""Skull (6 to 8 mm) and a little more stay; skin, nose, eyes' front, lips, chin and ears lie further out."""
_AIR_HU: Final = -1024


def without_face(case: Case) -> Case:
    """The case whose head, as drawn, ends :data:`RIM_MM` from the inside of the skull."""
    return replace(case, picture=faceless(case.picture))


def faceless(picture: Picture) -> Picture:
    """The picture with air beyond the rim; a head without an inside becomes air altogether."""
    spacing = picture.head_grid.spacing_mm
    far = distance_to(picture.head_inside, spacing_mm=spacing) > RIM_MM
    return replace(picture, head_hu=np.where(far, np.int16(_AIR_HU), picture.head_hu))
