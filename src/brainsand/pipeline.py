"""One scan to one case: the whole of brainsand on a page.

Nothing here opens a file, reads a clock or draws a number at random: the same scan, reference and settings
give the same case to the last bit. Each stage is a room; ``steps`` turns what one gives into what the next
asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from brainsand import measuring, steps, tally
from brainsand.anatomy.lay import expected_inside, lay_atlas, place_head
from brainsand.find.deposits import Judged
from brainsand.interpret.next_steps import next_steps_of
from brainsand.interpret.pattern import pattern_of
from brainsand.interpret.significance import significance_of
from brainsand.measure.excess import Scene
from brainsand.model.acquisition import Acquisition
from brainsand.model.anatomy import Anatomy
from brainsand.model.case import Case, Picture, ScanFacts
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.model.volume import Volume
from brainsand.progress import SILENT, Progress
from brainsand.quality.fitness import Fitness, look_at_pose
from brainsand.settings import Settings, settings_hash, settings_record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """A case with what it rests on: the head's anatomy, the islands judged, the pieces believed (``found[k]`` is the
    deposit ``k + 1``) and the scene they were measured on. For whoever measures further on the same scan."""

    case: Case
    anatomy: Anatomy
    judged: tuple[Judged, ...]
    found: tuple[steps.Found, ...]
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
    settings = settings or Settings()
    norms = reference.norms
    patient = steps.with_age(acquisition.age_years, acquisition.sex, patient or Patient())
    with progress.stage("anatomy"):
        pose = place_head(volume, reference.atlas)
        placed = look_at_pose(
            residual_hu=pose.residual_hu,
            stretch=pose.stretch,
            expected=expected_inside(reference.atlas),
            affine=pose.matrix @ reference.atlas.affine,
            grid=volume.grid,
            most_misfit_hu=settings.quality.most_misfit_hu,
            least_covered_share=settings.quality.least_covered_share,
        )
        anatomy = lay_atlas(volume, reference.atlas, reference.network, pose)
    with progress.stage("quality"):
        fit = steps.fitness(volume, acquisition, anatomy, placed, settings.quality)
    with progress.stage("find"):
        judged = steps.judged_islands(volume, anatomy, fit, settings.find)
    with progress.stage("locate"):
        found = steps.believed(judged, volume, anatomy, reference)
    with progress.stage("measure"):
        on = measuring.scene(
            found,
            judged,
            volume,
            anatomy,
            kvp=acquisition.kvp,
            thickness_mm=acquisition.thickness_mm,
            noise_hu=fit.noise_hu,
            norms=norms,
            settings=settings.measure,
        )
        measures = measuring.measured(found, on)
    with progress.stage("interpret"):
        age_years = patient.age_years
        rows = steps.deposits(found, measures, age_years=age_years, norms=norms)
        aside = steps.set_aside(judged)
        scores, scores_cautions = tally.scores(
            rows, found, volume, anatomy, on, age_years=age_years, settings=settings.measure
        )
        native, on_head = steps.maps(found, volume, anatomy)
        pattern = pattern_of(rows, age_years=age_years, norms=norms)
        image = significance_of(rows, set_aside=aside, age_years=age_years, norms=norms)
        reading = steps.weighed(
            patient, reference, rows, pattern=pattern["words"], image=image, missing=fit.coverage["missing"]
        )
        by_image = next_steps_of(
            rows, set_aside=aside, age_years=age_years, norms=norms, ranked=reading is not None
        )
        case = Case(
            acquisition=acquisition,
            scan=_scan_facts(volume, fit),
            patient=patient,
            cautions=(
                *acquisition.cautions,
                *fit.cautions,
                *anatomy.cautions,
                *steps.deposit_cautions(measures),
                *scores_cautions,
                *(reading.cautions if reading else ()),
            ),
            deposits=rows,
            set_aside=aside,
            sites=tally.site_sums(rows, anatomy, on),
            scores=scores,
            pattern=pattern,
            differential=reading.differential if reading else None,
            significance=reading.significance if reading else image,
            next_steps=steps.all_steps(by_image, reading.next_steps if reading else ()),
            settings=settings_record(settings),
            settings_hash=settings_hash(settings),
            knowledge_version=reference.version,
            picture=_picture(volume, anatomy, native, on_head),
        )
    return Analysis(case=case, anatomy=anatomy, judged=tuple(judged), found=tuple(found), on=on)


def _scan_facts(volume: Volume, fit: Fitness) -> ScanFacts:
    grid = volume.grid
    return ScanFacts(
        matrix=grid.shape,
        spacing_mm=grid.spacing_mm,
        slice_gaps_mm=tuple(float(g) for g in grid.slice_gaps_mm),
        tilt_deg=grid.tilt_deg,
        noise_hu=fit.noise_hu,
        contrast=fit.contrast,
        coverage=fit.coverage,
    )


def _picture(volume: Volume, anatomy: Anatomy, native: steps.Labels, on_head: steps.Labels) -> Picture:
    return Picture(
        head_grid=anatomy.head_grid,
        head_hu=anatomy.head_hu,
        head_inside=anatomy.inside,
        head_sites=anatomy.sites,
        head_deposits=on_head,
        deposits=native,
        sites=anatomy.native_sites,
        grid=volume.grid,
    )
