"""What does the lobe say? Gangliogliomas lie in the temporal lobe, the calcium of celiac disease in the occipital one.

Weighed where the calcium lies in the hemispheres and its lobe is told, against the lobes' volumes; a condition of
which no source tells a lobe is neutral.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from brainsand.interpret.dials import Dials
from brainsand.interpret.lobe_shares import BY_VOLUME, SOURCE
from brainsand.interpret.observed import SOMEWHERE, Sighting
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Ground, Weight, basis_of
from brainsand.model.sites import LOBES

#: Sites that have a lobe.
LOBAR: Final = ("cortex", "gray_white_junction", "subcortical_white_matter", SOMEWHERE)


def weigh_lobes(table: Table, telling: Sequence[Sighting], dials: Dials) -> Weight | None:
    """In which lobes calcium of the hemispheres lies, where the knowledge tells a condition's lobes."""
    lobes = sorted(set().union(*(s.lobes for s in telling if s.site in LOBAR)))
    if not lobes:
        return None
    picked = [LOBES.index(lobe) for lobe in lobes]
    volume = np.array([BY_VOLUME[lobe] for lobe in lobes])
    ratio = np.log(table.lobes[:, picked] / volume).mean(axis=1)
    return Weight(
        about="lobe",
        finding="lobe:" + "+".join(lobes),
        words=f"lobe: {', '.join(lobes)}",
        log_ratio=dials.lobe_weight * np.append(ratio, 0.0),
        ground=lambda column: _ground(table, column, lobes),
    )


def _ground(table: Table, column: int, lobes: Sequence[str]) -> Ground:
    known = table.conditions[column].lobes if column < len(table.conditions) else {}
    if not known:
        return Ground(
            basis="expert", frequency="no lobe on record: as by the lobes' volumes", source=(SOURCE,)
        )
    facts = [(lobe, f) for lobe in lobes for f in known.get(lobe, ()) if f.used]
    if not facts:
        return Ground(basis="expert", frequency=f"on record in {', '.join(known)}")
    published = any(f.trust != "expert" for _, f in facts)
    return Ground(
        basis=basis_of("published" if published else "expert"),
        frequency="; ".join(f"{lobe} {f.words}" for lobe, f in facts),
        source=tuple(dict.fromkeys(s for _, f in facts for s in f.source)),
    )
