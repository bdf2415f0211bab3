"""How was it done? A paragraph to paste into a paper, made only of what this case says of itself."""

from __future__ import annotations

import numpy as np

from brainsand import __version__
from brainsand.model.case import Case

STATEMENT = (
    "For research and decision support. This is not a medical device; it does not replace the reading of the "
    "images by a physician."
)


def methods_words(case: Case) -> str:
    """The methods paragraph: the scan, the program with its versions, what the numbers mean."""
    return " ".join([_scan_words(case), _program_words(case), _numbers_words(case)])


def scan_words(case: Case) -> str:
    """The scan's technique in one line: slices, spacing, tilt, tube voltage, kernel, noise.

    Values that are not known are left out.
    """
    slices, rows, columns = case.scan.matrix
    facts = [f"{slices} slices of {rows} × {columns} pixels", _spacing_words(case)]
    how = case.acquisition
    if how.thickness_mm is not None:
        facts.append(f"slice thickness {how.thickness_mm:.3g} mm")
    if abs(case.scan.tilt_deg) >= 0.1:
        facts.append(f"gantry tilt {abs(case.scan.tilt_deg):.1f}°")
    if how.kvp is not None:
        facts.append(f"{how.kvp:.0f} kV")
    if how.kernel:
        facts.append(f"kernel {how.kernel}")
    if case.scan.noise_hu is not None:
        facts.append(f"noise {case.scan.noise_hu:.2g} HU")
    facts.append(_contrast_words(case))
    return ", ".join(facts)


def _contrast_words(case: Case) -> str:
    return {
        "none": "without contrast medium",
        "suspected": "contrast medium suspected",
        "present": "with contrast medium",
    }.get(case.scan.contrast, "contrast medium not known")


def _spacing_words(case: Case) -> str:
    gaps = np.asarray(case.scan.slice_gaps_mm, float)
    gaps = gaps[np.isfinite(gaps)]
    _, row, column = case.scan.spacing_mm
    pixel = f"{row:.3g} mm" if abs(row - column) < 5e-4 else f"{row:.3g} × {column:.3g} mm"
    if not len(gaps):
        return f"pixel {pixel}"
    low, high = gaps.min(), gaps.max()
    apart = f"{low:.3g}" if high - low < 0.05 else f"{low:.3g} to {high:.3g}"
    return f"{apart} mm apart, pixel {pixel}"


def _scan_words(case: Case) -> str:
    maker = " ".join(w for w in (case.acquisition.manufacturer, case.acquisition.model_name) if w)
    device = f" ({maker})" if maker else ""
    return f"The head CT{device} had {scan_words(case)}."


def _program_words(case: Case) -> str:
    return (
        f"Intracranial calcification was found, placed and measured with brainsand {__version__} (knowledge "
        f"{case.knowledge_version}, settings {case.settings_hash[:12]})."
    )


def _numbers_words(case: Case) -> str:
    told = ["Voxel volumes follow the true position of every slice."]
    if any(d.volume_mm3 is not None for d in case.deposits):
        told.append(
            "Attenuation above the tissue around each deposit, foretold from its surroundings, was summed over the "
            "deposit and its blur; volumes follow from how it is spread (partial volume corrected); ± is one "
            "standard deviation."
        )
    used = case.scores.get("calibration")
    if used:
        told.append(
            f"Masses are hydroxyapatite equivalent at {used['hu_per_mg_cm3']:.3g} HU for each mg/cm³ "
            f"(± {100 * used['share_pm']:.0f} %, {'own phantom' if used['basis'] == 'phantom' else 'published'})."
        )
    if case.deposits and all(d.volume_mm3 is None for d in case.deposits):
        told.append("Volumes are of the voxels above threshold, not corrected for partial volume.")
    told.append("Attenuation is in Hounsfield units. Left and right are the patient's.")
    return " ".join(told)
