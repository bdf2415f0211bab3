"""Which pictures does the reader need? Key pictures, three planes and a close-up a site, and the overview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.model.case import Case, Picture
from brainsand.model.finding import Deposit
from brainsand.report.figure import (
    BRAIN,
    PLANES,
    PROJECTION,
    Frame,
    Pixels,
    Plane,
    along,
    calcium_window,
    check_head,
    frame_around,
    framed,
    grey,
    head_box,
    head_frame,
    projected,
    projections,
    section,
    shown,
)
from brainsand.report.outline import outlines, path_data
from brainsand.report.panel import KIND_COLOURS, Mark, Panel
from brainsand.report.words import KIND_ORDER, site_words

Voxels = Mapping[int, NDArray[np.int64]]

MOST_PLATES: Final = 8
MOST_KEYS: Final = 3
_MOST_NUMBERS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """One site and side: its deposits, most important first, and the pictures through the first of them."""

    deposits: tuple[Deposit, ...]
    panels: tuple[Panel, ...]


def deposit_voxels(picture: Picture) -> dict[int, NDArray[np.int64]]:
    """The voxels (n, 3) on the head grid of each deposit that has any there."""
    return voxels_of(picture.head_deposits)


def voxels_of(labels: NDArray[np.int32]) -> dict[int, NDArray[np.int64]]:
    """The voxels (n, 3) of each number above 0 of a map."""
    flat = np.flatnonzero(labels)
    ids = labels.ravel()[flat]
    order = np.argsort(ids, kind="stable")
    places = np.stack(np.unravel_index(flat[order], labels.shape), axis=1)
    found, starts = np.unique(ids[order], return_index=True)
    return dict(zip(found.tolist(), np.split(places, starts[1:]), strict=False))


def ranked_sites(deposits: Iterable[Deposit]) -> list[tuple[Deposit, ...]]:
    """Deposits by site and side, sites of note first: by the gravest kind, then by volume."""
    groups: dict[tuple[str, str], list[Deposit]] = {}
    for d in sorted(deposits, key=_note):
        groups.setdefault((d.site, d.side), []).append(d)
    return sorted(
        (tuple(g) for g in groups.values()),
        key=lambda g: (_note(g[0])[0], -sum(d.best_volume_mm3 for d in g), g[0].id),
    )


def plates(case: Case, voxels: Voxels, *, most: int = MOST_PLATES) -> list[Plate]:
    """Axial, coronal and sagittal sections and a close-up for each of the first ``most`` sites of note."""
    check_head(case.picture)
    return [_plate(case, group, voxels) for group in ranked_sites(case.deposits)[:most]]


def key_panels(case: Case, voxels: Voxels) -> list[Panel]:
    """Up to three large axial sections at different levels through the sites of greatest note.

    Where nothing was found: the three planes through the middle of the head.
    """
    check_head(case.picture)
    if not case.deposits:
        middle = head_box(case.picture).mean(axis=0).round().astype(int)
        return [
            _section_panel(
                case,
                plane,
                int(middle[along(plane)]),
                voxels,
                scale=3,
                words=f"{plane} section through the middle of the head",
            )
            for plane in PLANES
        ]
    panels: list[Panel] = []
    levels: list[int] = []
    for group in ranked_sites(case.deposits):
        at = _best_section(group[0], voxels, case.picture, "axial")
        if len(panels) < MOST_KEYS and all(abs(at - other) >= 6 for other in levels):
            levels.append(at)
            words = f"axial section through the {site_words(group[0].site, group[0].side, group[0].lobe)}"
            panels.append(_section_panel(case, "axial", at, voxels, scale=3, words=words, lead=group[0]))
    return panels


def overview_panels(case: Case, voxels: Voxels) -> list[Panel]:
    """The head from below, from the front and from the patient's left: calcium over a faint skull."""
    check_head(case.picture)
    return [_overview(case, plane, voxels) for plane in PLANES]


def _note(d: Deposit) -> tuple[int, float, int]:
    return KIND_ORDER.index(d.kind), -d.best_volume_mm3, d.id


def _plate(case: Case, group: tuple[Deposit, ...], voxels: Voxels) -> Plate:
    lead = group[0]
    name = site_words(lead.site, lead.side, lead.lobe)
    at = {plane: _best_section(lead, voxels, case.picture, plane) for plane in PLANES}
    panels = [
        _section_panel(
            case, plane, at[plane], voxels, scale=2, words=f"{plane} section through the {name}", lead=lead
        )
        for plane in PLANES
    ]
    panels.append(_close_up(case, lead, at["axial"], voxels, name))
    return Plate(deposits=group, panels=tuple(panels))


def _best_section(d: Deposit, voxels: Voxels, picture: Picture, plane: Plane) -> int:
    """The section through most of a deposit's attenuation, nearest to its centre among equals.

    Weighing by attenuation finds the scan's own slice where slices are thick: sections between two of them
    are dim mixtures of both.
    """
    axis = along(plane)
    centre = float(_centre(d, picture)[axis])
    places = voxels.get(d.id)
    if places is None:
        return round(centre)
    sums = np.bincount(places[:, axis], weights=np.maximum(picture.head_hu[tuple(places.T)], 1))
    best = np.nonzero(sums == sums.max())[0]
    return int(best[np.argmin(np.abs(best - centre))])


def _centre(d: Deposit, picture: Picture) -> NDArray[np.float64]:
    """The centre of a deposit as an index on the head grid, kept inside it."""
    index = picture.head_grid.index_of([d.centre_lps_mm])[0]
    return np.asarray(np.clip(index, 0, np.array(picture.head_grid.shape) - 1))


def _section_panel(
    case: Case,
    plane: Plane,
    at: int,
    voxels: Voxels,
    *,
    scale: int,
    words: str,
    lead: Deposit | None = None,
) -> Panel:
    frame = head_frame(case.picture, plane)
    pixels = grey(framed(section(case.picture.head_hu, plane, at), frame, fill=-1024), BRAIN)
    return Panel(
        plane=plane,
        pixels=pixels,
        side_mm=frame.side,
        scale=scale,
        words=words,
        window=BRAIN.words,
        marks=_section_marks(case, plane, at, voxels, frame, lead),
        tick=_tick(case, plane, voxels, frame, lead),
    )


def _close_up(case: Case, lead: Deposit, at: int, voxels: Voxels, name: str) -> Panel:
    centre = _centre_shown(case, lead, "axial", voxels)
    places = voxels.get(lead.id, np.empty((0, 3), np.int64))
    reach = int(np.ptp(places[:, 1:], axis=0).max()) if len(places) else 0
    side = min(max(50, int(1.6 * reach)), head_frame(case.picture, "axial").side)
    frame = frame_around(centre, side)
    window = calcium_window(lead.peak_hu)
    pixels = grey(framed(section(case.picture.head_hu, "axial", at), frame, fill=-1024), window)
    return Panel(
        plane="axial",
        pixels=pixels,
        side_mm=side,
        scale=max(2, 380 // side),
        words=f"axial close-up of the {name}",
        window=window.words,
        marks=_section_marks(case, "axial", at, voxels, frame, lead),
    )


def _section_marks(
    case: Case, plane: Plane, at: int, voxels: Voxels, frame: Frame, lead: Deposit | None
) -> tuple[Mark, ...]:
    """Outlines of every deposit cut by a section, the leading one first."""
    marks = []
    shape = case.picture.head_hu.shape
    for d in sorted(case.deposits, key=lambda d: (lead is None or d.id != lead.id, *_note(d))):
        places = voxels.get(d.id)
        if places is None and lead is not None and d.id == lead.id:
            places = _centre(d, case.picture).round().astype(np.int64)[None]
        if places is None:
            continue
        cut = places[places[:, along(plane)] == at]
        if len(cut):
            marks.append(_mark(d, _shown_all(cut, plane, shape), frame))
    return tuple(marks)


def _shown_all(places: NDArray[np.int64], plane: Plane, shape: tuple[int, ...]) -> NDArray[np.int64]:
    down, across = shown((places[:, 0], places[:, 1], places[:, 2]), plane, shape)  # type: ignore[arg-type]
    return np.stack([down, across], axis=1)


def _mark(d: Deposit, spots: NDArray[np.int64], frame: Frame, *, outlined: bool = True) -> Mark:
    corner = spots.min(axis=0)
    size = spots.max(axis=0) - corner + 1
    # A pixel's centre lies half a pixel into the picture.
    shift = corner - np.array([frame.top, frame.left]) + 0.5
    low, high = shift - 1.0, shift + size
    curves = []
    if outlined:
        mask = np.zeros(size, bool)
        mask[tuple((spots - corner).T)] = True
        curves = [curve + shift for curve in outlines(mask)]
    return Mark(
        id=d.id,
        kind=d.kind,
        path=path_data(curves),
        box=(float(low[1]), float(low[0]), float(high[1]), float(high[0])),
    )


def _centre_shown(case: Case, d: Deposit, plane: Plane, voxels: Voxels) -> tuple[float, float]:
    places = voxels.get(d.id)
    index = _centre(d, case.picture) if places is None else places.mean(axis=0)
    return shown(tuple(index.tolist()), plane, case.picture.head_hu.shape)


def _tick(
    case: Case, plane: Plane, voxels: Voxels, frame: Frame, lead: Deposit | None
) -> tuple[float, float] | None:
    if lead is None:
        return None
    down, across = _centre_shown(case, lead, plane, voxels)
    return across - frame.left + 0.5, down - frame.top + 0.5


def _overview(case: Case, plane: Plane, voxels: Voxels) -> Panel:
    frame = head_frame(case.picture, plane, margin=14)
    shape = case.picture.head_hu.shape
    brightest, silhouette = projections(case.picture, plane)
    image = np.maximum(silhouette * 0.35, brightest * 0.8)[..., None].repeat(3, axis=-1)
    ranked = sorted(case.deposits, key=_note)
    for d in reversed(ranked):
        if d.id in voxels:
            shadow = projected(voxels[d.id], plane, shape)
            image[shadow] = _rgb(d.kind) * (0.75 + 0.25 * brightest[shadow, None] / 255)
    marks = [
        _mark(d, _shown_all(voxels[d.id], plane, shape), frame, outlined=False)
        for d in ranked[:_MOST_NUMBERS]
        if d.id in voxels
    ]
    seen = {"axial": "from below", "coronal": "from the front", "sagittal": "from the left"}[plane]
    return Panel(
        plane=plane,
        pixels=framed(image.astype(np.uint8), frame),
        side_mm=frame.side,
        scale=2,
        words=f"maximum-intensity projection of the inside of the skull, seen {seen}",
        window=PROJECTION.words,
        marks=tuple(marks),
    )


def _rgb(kind: str) -> Pixels:
    colour = KIND_COLOURS[kind]
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)
