"""One virtual patient: a head, a preset, a protocol in; a scan with its truth out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainsand.model.volume import Volume
from brainsand.phantom.deposits import PlantedDeposit, grown
from brainsand.phantom.head import VirtualHead
from brainsand.phantom.presets import patient_facts, planted_for, preset
from brainsand.phantom.protocol import Protocol, pose_of, slices_of
from brainsand.phantom.scanner import image
from brainsand.phantom.survey import survey
from brainsand.phantom.truth import truth_labels, truth_record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VirtualPatient:
    """A scan and everything true of it.

    Parameters
    ----------
    volume : Volume
        int16 HU.
    truth : dict
        For ``truth.json`` (``phantom.truth.truth_record``).
    truth_labels : int32 array on ``volume.grid``
        Each deposit's (or mimic's) ``id``.
    patient_facts : dict
        The content of a patient file.
    deposits : tuple of PlantedDeposit
        In the head's own frame, ``id`` 1 first, largest volume first.
    """

    volume: Volume
    truth: dict[str, Any]
    truth_labels: NDArray[np.int32]
    patient_facts: dict[str, Any]
    protocol: Protocol
    deposits: tuple[PlantedDeposit, ...]


def virtual_patient(
    head: VirtualHead,
    preset_name: str,
    *,
    protocol: Protocol,
    rng: np.random.Generator,
    visit: int = 0,
    growth: float = 1.0,
) -> VirtualPatient:
    """Plant a preset in a head and scan it.

    Parameters
    ----------
    head : VirtualHead
    preset_name : str
        One of ``presets()``.
    protocol : Protocol
    rng : numpy Generator
        The same state gives the same patient to the last bit.
    visit : int
        From 1 on: the same person at another visit, same tissues and deposits, other noise (0 stands alone).
    growth : float
        So many times their volume and mass the calcium deposits are (``deposits.grown``).

    Raises
    ------
    UsageError
        When the preset is unknown or the head lacks a structure it needs.
    """
    chosen = preset(preset_name)
    facts = patient_facts(chosen, rng=rng)
    planted = planted_for(chosen, survey(head), float(facts["age_years"]), rng=rng)
    deposits = tuple(sorted(planted, key=lambda d: -d.volume_mm3))
    if growth != 1:
        deposits = tuple(grown(d, growth) if d.substance == "calcium" else d for d in deposits)
    volume = _imaged(head, deposits, protocol, rng, visit)
    pose = pose_of(head, protocol)
    slices = slices_of(head, protocol, pose)
    labels = truth_labels(deposits, slices, pose)
    truth = truth_record(
        deposits, protocol, pose=pose, slices=slices, labels=labels, preset=preset_name, patient=facts
    )
    return VirtualPatient(
        volume=volume,
        truth=truth,
        truth_labels=labels,
        patient_facts=facts,
        protocol=protocol,
        deposits=deposits,
    )


def _imaged(
    head: VirtualHead,
    deposits: tuple[PlantedDeposit, ...],
    protocol: Protocol,
    rng: np.random.Generator,
    visit: int,
) -> Volume:
    if visit == 0:
        return image(head, deposits, protocol, rng=rng)
    person = int(rng.integers(2**32))
    tissue, noise = (np.random.default_rng([person, n]) for n in (0, visit))
    return image(head, deposits, protocol, rng=noise, tissue=tissue)
