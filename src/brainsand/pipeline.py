"""One scan to one case: the whole of brainsand on a page.

1. **anatomy**: the head is found in the scan and put straight, and the atlas laid on it, so that every voxel has a
   site, a tissue and a depth below the skull.
2. **quality**: what is the scan fit for? Noise, offset, contrast, what of the head it shows. What lowers trust in the
   numbers becomes a caution; what cannot be measured rightly is refused.
3. **find**: islands brighter than the brain round them, each judged: calcium of the brain, or bone, blood, contrast,
   metal, noise, and then set aside with the reason.
4. **locate**: what is believed is cut where it runs across sites, and each piece gets one named site with its doubt.
5. **measure**: volume, mass and form of each piece, against the tissue round it.
6. **interpret**: the kind of each deposit (physiologic or not); then of the head as a whole the sums, the scores, the
   pattern, what explains it, how much it matters and what to do next.

Each stage is a room (a folder), and rooms do not know one another: ``steps`` turns what one gives into what the next
asks for, as ``locating``, ``measuring``, ``tally`` (sums and scores), ``meaning`` and ``drawn`` (maps) do for the last
three. Nothing here opens a file, reads a clock or draws a number at random: the same scan, reference and settings give
the same case to the last bit. Files are read and written round it, by ``run``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from brainsand import locating, measuring, steps, tally
from brainsand.anatomy.lay import lay_atlas, place_head
from brainsand.anatomy.pose import Pose
from brainsand.drawn import drawn
from brainsand.find.deposits import Judged
from brainsand.locating import Found
from brainsand.meaning import meaning_of, weigher_of
from brainsand.measure.excess import Scene
from brainsand.measure.size import Measured
from brainsand.model.acquisition import Acquisition
from brainsand.model.anatomy import Anatomy
from brainsand.model.case import Case, ScanFacts
from brainsand.model.caution import Caution
from brainsand.model.finding import Deposit
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.model.volume import Volume
from brainsand.progress import SILENT, Progress
from brainsand.quality.fitness import Fitness
from brainsand.settings import Settings, settings_hash, settings_record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """A case with what it rests on: the head's anatomy, the islands judged, the pieces believed (``found[k]`` is the
    deposit ``k + 1``) and the scene they were measured on. For whoever measures further on the same scan."""

    case: Case
    anatomy: Anatomy
    judged: tuple[Judged, ...]
    found: tuple[Found, ...]
    on: Scene


def analyze(
    volume: Volume,
    acquisition: Acquisition,
    reference: Reference,
    settings: Settings | None = None,
    *,
    patient: Patient | None = None,
    progress: Progress = SILENT,
) -> Case:
    """Find, place, measure and explain the calcium of one head CT.

    Parameters
    ----------
    volume, acquisition
        The scan and how it was made (``read.scan.read_scan``).
    reference : Reference
        Atlas, network and norms (``read.knowledge.load_reference``).
    settings : Settings, optional
        Every number that may be turned.
    patient : Patient, optional
        What is known beside the image; age and sex of the header stand in where it is silent.
    progress : Progress
        Who is told of the stages.

    Raises
    ------
    InputRefused
        The scan cannot be measured rightly; the message says what came, what was needed, what to do.
    """
    return whole_analysis(volume, acquisition, reference, settings, patient=patient, progress=progress).case


def whole_analysis(
    volume: Volume,
    acquisition: Acquisition,
    reference: Reference,
    settings: Settings | None = None,
    *,
    patient: Patient | None = None,
    progress: Progress = SILENT,
) -> Analysis:
    """As :func:`analyze`, with what the case rests on."""
    given = _Given(
        reference=reference,
        settings=settings or Settings(),
        patient=_with_header(patient or Patient(), acquisition),
    )
    with progress.stage("anatomy"):
        pose = place_head(volume, reference.atlas)
        placed = steps.placed_head(pose, volume, reference.atlas, given.settings.quality)
        anatomy = lay_atlas(volume, reference.atlas, reference.network, pose)
    with progress.stage("quality"):
        fit = steps.fitness(volume, acquisition, anatomy, placed, given.settings.quality)
    scan = _Scan(volume=volume, acquisition=acquisition, pose=pose, anatomy=anatomy, fit=fit)
    with progress.stage("find"):
        judged = steps.judged_islands(volume, anatomy, fit, given.settings.find)
    with progress.stage("locate"):
        found = locating.believed(judged, volume, anatomy, reference)
    with progress.stage("measure"):
        on = _scene(found, judged, scan, given)
        measures = measuring.measured(found, on)
    with progress.stage("interpret"):
        rows = steps.deposits(found, measures, age_years=given.patient.age_years, norms=reference.norms)
        case = _case(rows, _Pieces(judged=judged, found=found, measures=measures, on=on), scan, given)
    return Analysis(case=case, anatomy=anatomy, judged=tuple(judged), found=tuple(found), on=on)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Given:
    """What is given beside the scan."""

    reference: Reference
    settings: Settings
    patient: Patient


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scan:
    """A scan that is known: its voxels, how it was made, how the head lies in it, where everything lies in the head,
    and what it is fit for."""

    volume: Volume
    acquisition: Acquisition
    pose: Pose
    anatomy: Anatomy
    fit: Fitness


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pieces:
    """The islands judged, the pieces believed, what each measures, and the scene they were measured on."""

    judged: Sequence[Judged]
    found: Sequence[Found]
    measures: Sequence[Measured]
    on: Scene


def _case(rows: tuple[Deposit, ...], pieces: _Pieces, scan: _Scan, given: _Given) -> Case:
    """The case: the deposits, what they come to, what they mean, and what lowers trust in it."""
    reference, patient = given.reference, given.patient
    scores, of_scores = _scores(rows, pieces, scan, given)
    aside = steps.set_aside(pieces.judged)
    meaning = meaning_of(
        rows,
        set_aside=aside,
        patient=patient,
        missing=scan.fit.coverage["missing"],
        norms=reference.norms,
        weigher=weigher_of(reference),
    )
    of_deposits = steps.deposit_cautions(pieces.measures)
    return Case(
        acquisition=scan.acquisition,
        scan=_facts(scan),
        patient=patient,
        cautions=(*_cautions(scan), *of_deposits, *of_scores, *meaning.cautions),
        deposits=rows,
        set_aside=aside,
        sites=tally.site_sums(rows, scan.anatomy, pieces.on),
        scores=scores,
        pattern=meaning.pattern,
        differential=meaning.differential,
        significance=meaning.significance,
        next_steps=meaning.next_steps,
        settings=settings_record(given.settings),
        settings_hash=settings_hash(given.settings),
        knowledge_version=reference.version,
        picture=drawn(pieces.found, scan.volume, scan.anatomy, scan.pose.matrix @ reference.atlas.affine),
    )


def _with_header(patient: Patient, acquisition: Acquisition) -> Patient:
    """The patient, with what the header says where the patient file is silent."""
    age = acquisition.age_years if patient.age_years is None else patient.age_years
    return replace(patient, age_years=age, sex=patient.sex or acquisition.sex)


def _scene(found: Sequence[Found], judged: Sequence[Judged], scan: _Scan, given: _Given) -> Scene:
    """What the pieces are measured on."""
    return measuring.scene(
        found,
        judged,
        scan.volume,
        scan.anatomy,
        kvp=scan.acquisition.kvp,
        thickness_mm=scan.acquisition.thickness_mm,
        noise_hu=scan.fit.noise_hu,
        norms=given.reference.norms,
        settings=given.settings.measure,
    )


def _scores(
    rows: Sequence[Deposit], pieces: _Pieces, scan: _Scan, given: _Given
) -> tuple[dict[str, Any], tuple[Caution, ...]]:
    """Every score, centiles by the user's own norms among them, and what there is to say of them."""
    scores, said = tally.scores(
        rows,
        pieces.found,
        scan.volume,
        scan.anatomy,
        pieces.on,
        age_years=given.patient.age_years,
        settings=given.settings.measure,
    )
    own, own_said = tally.own_centiles(
        given.reference.own_norms,
        scores,
        rows,
        patient=given.patient,
        thickness_mm=scan.acquisition.thickness_mm,
        missing=scan.fit.coverage["missing"],
    )
    return scores | own, (*said, *own_said)


def _cautions(scan: _Scan) -> tuple[Caution, ...]:
    """What lowers trust in everything measured on this scan."""
    return (*scan.acquisition.cautions, *scan.fit.cautions, *scan.anatomy.cautions)


def _facts(scan: _Scan) -> ScanFacts:
    grid, fit = scan.volume.grid, scan.fit
    return ScanFacts(
        matrix=grid.shape,
        spacing_mm=grid.spacing_mm,
        slice_gaps_mm=tuple(float(g) for g in grid.slice_gaps_mm),
        tilt_deg=grid.tilt_deg,
        noise_hu=fit.noise_hu,
        contrast=fit.contrast,
        coverage=fit.coverage,
    )
