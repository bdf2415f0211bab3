"""The node against a real Orthanc on loopback: the trials of ``tools/orthanc``, in a smaller number."""

from __future__ import annotations

import pytest

from orthanc.server import executable
from orthanc.trials import RESULTS, demo, kill, many, web

pytestmark = pytest.mark.skipif(
    executable() is None, reason="Orthanc with its DICOMweb plugin is not installed"
)


def exactly_one_of_each(returned):
    return all(found[modality] == 1 for found in returned.studies.values() for modality in RESULTS)


def test_a_real_scan_and_three_virtual_patients_come_back_with_their_results(tmp_path, shared_data):
    returned = demo(tmp_path, shared_data / "ge_head_tilt")
    assert len(returned.studies) == returned.committed == 4
    assert exactly_one_of_each(returned)


def test_a_node_killed_at_random_leaves_each_study_exactly_one_result(tmp_path):
    returned = kill(tmp_path, studies=2, kills=3, seed=20260302)
    assert len(returned.studies) == 2
    assert exactly_one_of_each(returned)


def test_a_study_found_fetched_and_answered_by_dicomweb_has_its_results(tmp_path):
    assert exactly_one_of_each(web(tmp_path))


def test_studies_pushed_at_once_all_come_back(tmp_path):
    returned = many(tmp_path, studies=4)
    assert len(returned.studies) == 4
    assert exactly_one_of_each(returned)
