"""The node as a whole: what it takes up after a restart, what it refuses to begin with, what it says of itself."""

from __future__ import annotations

import json
import urllib.request

import pytest

from brainsand.errors import OutputError, UsageError
from brainsand.node.node import Node
from brainsand.node.options import node_options
from node.conftest import ct_slice, until


@pytest.fixture
def made(tmp_path):
    """Make a node (without workers) in the same folder each time; those left are stopped when the test ends."""
    nodes = []

    def make(**more):
        given = {
            "state": str(tmp_path / "state"),
            "port": 0,
            "health_port": 0,
            "allow": ["SENDER"],
            "quiet_s": 0.2,
            "limits": {"free_mib": 0},
        }
        node = Node(node_options({**given, **more}), workers=False)
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        node.stop()


def health(node):
    with urllib.request.urlopen(f"http://127.0.0.1:{node.health_port}/health", timeout=10) as answer:
        return json.loads(answer.read())


def test_a_study_that_was_received_is_queued_and_the_pages_tell_of_it(made, association):
    node = made()
    node.start()
    assoc = association(node.port)
    for number in range(1, 7):
        assert assoc.send_c_store(ct_slice(number)).Status == 0
    assert list(health(node)["waiting"].values()) == ["an association that sends it is open"]
    assoc.release()
    until(lambda: health(node)["jobs"]["queued"] == 1)
    said = health(node)
    assert (said["ready"], said["waiting"]) == (True, {})
    with urllib.request.urlopen(f"http://127.0.0.1:{node.health_port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    assert 'brainsand_objects_received_total{outcome="new"} 6' in lines
    assert 'brainsand_jobs{state="queued"} 1' in lines


def test_what_was_confirmed_before_a_restart_is_judged_after_it(made, association):
    first = made(quiet_s=1000)
    first.start()
    assoc = association(first.port)
    for number in range(1, 7):
        assoc.send_c_store(ct_slice(number))
    first.stop()
    second = made()
    second.start()
    until(lambda: health(second)["jobs"]["queued"] == 1)


def test_two_nodes_do_not_work_in_one_folder(made):
    made()
    with pytest.raises(OutputError, match="Another node works in"):
        made()


def test_a_stopped_node_makes_way_for_the_next(made):
    first = made()
    first.start()
    first.stop()
    made().start()


def test_a_taken_port_is_refused_and_nothing_stays_behind(made, tmp_path):
    first = made()
    first.start()
    second = made(state=str(tmp_path / "other"), port=first.port)
    with pytest.raises(OutputError, match="cannot listen"):
        second.start()
    made(state=str(tmp_path / "other")).start()


def test_an_unknown_format_is_refused_with_the_known_ones(made):
    with pytest.raises(UsageError, match=r"does not write gif\. It writes: phenopacket"):
        made(formats=["gif"])


def test_the_audit_tells_of_start_and_stop(made, tmp_path):
    node = made()
    node.start()
    node.stop()
    lines = [json.loads(line) for line in (tmp_path / "state" / "audit.jsonl").read_text().splitlines()]
    assert [line["words"] for line in lines] == ["started", "stopped"]


def test_the_state_is_for_its_owner_alone(made, tmp_path):
    made()
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
