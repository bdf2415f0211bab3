"""What the lobe says."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.interpret.lobe_shares import BY_VOLUME, lobe_shares
from brainsand.interpret.reading import Weigher, make_weigher, read_patient_facts
from brainsand.model.sites import LOBES
from brainsand.read.knowledge import load_knowledge
from brainsand.read.patient import parse_patient, patient_of
from brainsand.read.terms import load_terms


@pytest.fixture(scope="module")
def weigher() -> Weigher:
    return make_weigher(load_knowledge(), load_terms())


def log_ratios(weigher: Weigher, finding: dict[str, object]) -> dict[str, float]:
    reading = read_patient_facts(patient_of({"findings": [finding]})[0], weigher)
    rows = [w.log_ratio for w in reading.ranking.weights if w.about == "lobe"]
    return dict(zip(weigher.table.ids, rows[0], strict=True)) if rows else {}


def test_shares_sum_to_one_and_are_the_volumes_where_nothing_is_known(weigher: Weigher) -> None:
    conditions = weigher.table.conditions
    shares = lobe_shares(conditions)
    assert np.allclose(shares.sum(axis=1), 1.0)
    silent = [i for i, c in enumerate(conditions) if not c.lobes]
    assert np.allclose(shares[silent], [BY_VOLUME[lobe] for lobe in LOBES])


def test_a_silent_source_takes_its_lobes_along(weigher: Weigher) -> None:
    dnet = [weigher.table.knowledge.conditions["dnet"]]
    sources = {s for facts in dnet[0].lobes.values() for f in facts for s in f.source}
    assert np.allclose(lobe_shares(dnet, sources), [[BY_VOLUME[lobe] for lobe in LOBES]])


def test_the_temporal_lobe_speaks_for_ganglioglioma_and_the_occipital_for_celiac_disease(
    weigher: Weigher,
) -> None:
    temporal = log_ratios(weigher, {"site": "cortex", "side": "left", "lobe": "temporal"})
    occipital = log_ratios(weigher, {"site": "cortex", "side": "both", "lobe": "occipital"})
    assert temporal["ganglioglioma"] > 0.5 > -0.5 > temporal["cec_syndrome"]
    assert occipital["cec_syndrome"] > 0.5 > -0.5 > occipital["ganglioglioma"]
    assert temporal["pfbc_slc20a2"] == 0.0


def test_a_lobe_of_the_deep_nuclei_is_not_weighed(weigher: Weigher) -> None:
    assert log_ratios(weigher, {"site": "putamen", "side": "left", "lobe": "temporal"}) == {}
    assert log_ratios(weigher, {"site": "cortex", "side": "left"}) == {}


def test_a_finding_may_lie_in_two_lobes() -> None:
    patient, cautions = parse_patient(
        "findings: [{site: cortex, lobe: [parietal, occipital]}, {site: falx, lobe: frontal}]"
    )
    assert not cautions
    assert [f["lobe"] for f in patient.findings] == [["parietal", "occipital"], ["frontal"]]
