"""The conditions of the check, run: every place, voltage, correction and kernel, and the calibration.

``seen`` is what the image holds of a ball: the difference of the images with and without it, HU mm3 for each
microgram (HU per mg/cm3). ``read`` is what brainsand's measure makes of the image that has the ball in it. The
first tells of the physics, the second adds the measure's own error: the background and the collected blur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.measure.size import Measured
from projections.conditions import CORRECTIONS, PHOTONS, Rig, clean, depths_of, noisy, rig
from projections.head import Level
from projections.image_domain import STRENGTHS, errors
from projections.patches import PIXEL_MM, SIZE, Patches, difference, measured, patches
from projections.rays import Beams
from projections.reconstruct import KERNELS
from projections.scan import BRAIN_G_CM3, Ball, Body, ellipse_body, head_body
from projections.spectrum import FILTERS_MM, tube
from projections.substances import contrast_per_mg
from projections.texture import Texture, deviation, texture

Floats32 = NDArray[np.float32]
Norms = Mapping[str, Any]

KVPS: Final = (80.0, 120.0, 140.0)
CALIBRATED_KVPS: Final = (80.0, 100.0, 120.0, 140.0)
MAIN_KVP: Final = 120.0
NOISY: Final = "water and bone"
TIMES: Final = {80.0: 2, 120.0: 4, 140.0: 2}
RADIUS_MM: Final = 2.5
MG_CM3: Final = 200.0
OTHERS: Final = ((1.5, 400.0), (2.5, 100.0), (2.5, 800.0), (4.0, 100.0), (4.0, 400.0))
"""Other balls (radius mm, mg/cm3) at the deep level."""
BODIES: Final[dict[str, tuple[tuple[float, float], str, float]]] = {
    "brain without skull, 16 cm": ((80.0, 80.0), "brain", BRAIN_G_CM3),
    "water, 20 x 30 cm": ((150.0, 100.0), "water", 1.0),
    "water, 30 x 40 cm": ((200.0, 150.0), "water", 1.0),
}
HEAD: Final = "brain without skull, 16 cm"
_CLEAN_NOISE_HU: Final = 1.0
_WIDE: Final = Beams(rays=860, views=360)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ball in one image without noise; ``read`` and the background are None where none was measured."""

    level: str
    place: str
    kvp: float
    correction: str
    kernel: str
    ball: Ball
    seen: float
    read: float | None
    background_hu: float | None
    mass_mg: float | None
    mass_pm_mg: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One ball in one noisy image: what was read and its stated ±; the same row without noise."""

    row: Row
    read: float
    pm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """HU per mg/cm3 of a ball in the middle of a body."""

    body: str
    kvp: float
    filter_name: str
    hu_per_mg_cm3: float


@dataclass(slots=True, kw_only=True, eq=False)
class Study:
    """All that was found."""

    levels: tuple[Level, Level]
    rows: list[Row] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)
    noise_hu: dict[tuple[str, float, str, str], float] = field(default_factory=dict)
    textures: dict[str, Texture] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)
    in_image_domain: dict[tuple[str, bool, float], dict[str, float]] = field(default_factory=dict)

    def factor(self, body: str, kvp: float, filter_name: str = "usual") -> float:
        """HU per mg/cm3 in one of :data:`BODIES`."""
        wanted = (body, kvp, filter_name)
        return next(f.hu_per_mg_cm3 for f in self.factors if (f.body, f.kvp, f.filter_name) == wanted)

    def expected(self, kvp: float, correction: str) -> float:
        """HU per mg/cm3 in brain without a skull, as this spectrum, or its one energy, shows it."""
        if correction == "one energy":
            kev = tube(kvp).effective_kev()
            return float(contrast_per_mg(kev, around="brain", around_g_cm3=BRAIN_G_CM3))
        return self.factor(HEAD, kvp)

    def bias(self, row: Row, value: float | None) -> float:
        """Share by which a value of a row differs from what is expected; nan where there is none."""
        return float("nan") if value is None else value / self.expected(row.kvp, row.correction) - 1


def run(
    levels: tuple[Level, Level],
    *,
    norms: Norms,
    rng: np.random.Generator,
    say: Callable[[str], None] = lambda words: None,
) -> Study:
    """Everything, in the order of the tables."""
    study = Study(levels=levels)
    study.factors += calibration()
    say("calibration")
    for level in levels:
        study.bodies[level.name] = head_body(level, Beams())
        for kvp in KVPS:
            _at_voltage(study, level, kvp, norms=norms, rng=rng)
            say(f"{level.name} level, {kvp:g} kV")
        _in_image_domain(study, level, norms)
    made = rig(study.bodies[levels[0].name], tube(MAIN_KVP), NOISY)
    for radius, mg in OTHERS:
        study.others += _rows(levels[0], _balls(levels[0], radius, mg), made, MAIN_KVP, NOISY, norms)
    say("other sizes and densities")
    return study


def calibration() -> Iterator[Factor]:
    """A ball in the middle of each body, the usual filter at all voltages, the others where it matters."""
    for name, (axes, tissue, density) in BODIES.items():
        beams = _WIDE if max(axes) > 120 else Beams()
        body = ellipse_body(axes, beams, tissue=tissue, g_cm3=density)
        for filter_name in FILTERS_MM:
            for kvp in CALIBRATED_KVPS:
                if filter_name == "usual" or name == HEAD or kvp == MAIN_KVP:
                    yield _factor(name, body, kvp, filter_name)


def _factor(name: str, body: Body, kvp: float, filter_name: str) -> Factor:
    ball = Ball(centre_mm=(0.0, 0.0), radius_mm=RADIUS_MM, mg_cm3=MG_CM3)
    around = patches([ball], level=None)
    made = rig(body, tube(kvp, filter_name), "water")
    full = clean(made, [ball], depths_of([ball], around.slice_mm), around)["soft"]
    empty = clean(made, [], [0.0], around)["soft"]
    per_mg = difference(full, empty, around) / ball.mass_mg / 1000
    return Factor(body=name, kvp=kvp, filter_name=filter_name, hu_per_mg_cm3=per_mg)


def _at_voltage(study: Study, level: Level, kvp: float, *, norms: Norms, rng: np.random.Generator) -> None:
    balls = _balls(level, RADIUS_MM, MG_CM3)
    for correction in CORRECTIONS:
        if correction == "one energy" and kvp != MAIN_KVP:
            continue
        made = rig(study.bodies[level.name], tube(kvp), correction)
        rows = _rows(level, balls, made, kvp, correction, norms)
        study.rows += rows
        if correction == NOISY:
            _with_noise(study, level, balls, made, rows, norms=norms, rng=rng)


def _in_image_domain(study: Study, level: Level, norms: Norms) -> None:
    """The errors of reading the image-domain scanner's images of the same balls."""
    balls, contrast = _balls(level, RADIUS_MM, MG_CM3), study.factor(HEAD, MAIN_KVP)
    for sharp in (False, True):
        for strength in STRENGTHS:
            study.in_image_domain[level.name, sharp, strength] = errors(
                level,
                balls,
                hu_per_mg_cm3=contrast,
                sharp=sharp,
                strength=strength,
                norms=norms,
            )


def _balls(level: Level, radius_mm: float, mg_cm3: float) -> list[Ball]:
    return [Ball(centre_mm=p, radius_mm=radius_mm, mg_cm3=mg_cm3) for p in level.places.values()]


def _rows(
    level: Level, balls: Sequence[Ball], made: Rig, kvp: float, correction: str, norms: Norms
) -> list[Row]:
    around = patches(balls, level=level)
    full = clean(made, balls, depths_of(balls, around.slice_mm), around)
    empty = clean(made, [], [0.0], around)
    rows = []
    for kernel in KERNELS:
        for number, (place, ball) in enumerate(zip(level.places, balls, strict=True)):
            stack, bare = (around.stack(h[kernel], number) for h in (full, empty))
            found = measured(stack, around, number, noise_hu=_CLEAN_NOISE_HU, kvp=kvp, norms=norms)
            row = Row(
                level=level.name,
                place=place,
                kvp=kvp,
                correction=correction,
                kernel=kernel,
                ball=ball,
                seen=difference(stack, bare, around) / ball.mass_mg / 1000,
                read=_per_mg(found, ball),
                background_hu=None if found is None else found.background_hu,
                mass_mg=None if found is None else found.mass_mg,
                mass_pm_mg=None if found is None else found.mass_pm_mg,
            )
            rows.append(row)
    return rows


def _with_noise(
    study: Study,
    level: Level,
    balls: Sequence[Ball],
    made: Rig,
    rows: Sequence[Row],
    *,
    norms: Norms,
    rng: np.random.Generator,
) -> None:
    """Repeats of these rows with noise, the noise of each place, and its texture at the deep level."""
    around = patches(balls, level=level)
    depths = depths_of(balls, around.slice_mm)
    still = clean(made, balls, depths, around)
    kvp = rows[0].kvp
    photons = PHOTONS * (kvp / MAIN_KVP) ** 2
    pure: dict[tuple[str, str], list[Floats32]] = {(r.kernel, r.place): [] for r in rows}
    for hu in noisy(made, balls, depths, around, times=TIMES[kvp], photons=photons, rng=rng):
        for row in rows:
            number = list(level.places).index(row.place)
            stack = around.stack(hu[row.kernel], number)
            pure[row.kernel, row.place].append(stack - around.stack(still[row.kernel], number))
            noise = deviation(pure[row.kernel, row.place][-1:])
            study.repeats += _repeat(row, stack, around, number, noise, norms)
    for (kernel, place), squares in pure.items():
        study.noise_hu[level.name, kvp, kernel, place] = deviation(squares)
    if level is study.levels[0] and kvp == MAIN_KVP:
        for kernel in KERNELS:
            middle = pure[kernel, "lentiform left"] + pure[kernel, "lentiform right"]
            study.textures[kernel] = texture(np.concatenate(middle).reshape(-1, SIZE, SIZE), PIXEL_MM)


def _repeat(
    row: Row, stack: Floats32, around: Patches, number: int, noise_hu: float, norms: Norms
) -> list[Repeat]:
    found = measured(stack, around, number, noise_hu=noise_hu, kvp=row.kvp, norms=norms)
    read = _per_mg(found, row.ball)
    if found is None or read is None or found.excess_pm_hu_mm3 is None or row.read is None:
        return []
    return [Repeat(row=row, read=read, pm=found.excess_pm_hu_mm3 / row.ball.mass_mg / 1000)]


def _per_mg(found: Measured | None, ball: Ball) -> float | None:
    if found is None or found.excess_hu_mm3 is None:
        return None
    return found.excess_hu_mm3 / ball.mass_mg / 1000
