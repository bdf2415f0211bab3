"""Objects lie in the spool whole or not at all, and its limits hold over a restart."""

from __future__ import annotations

import pytest

from brainsand.node.instance import NO_RESOURCES, NotKept, as_file, data_set_of, read_instance
from brainsand.node.options import MIB, Limits
from brainsand.node.spool import Spool
from node.conftest import ct_slice, file_of


def keep(spool, ds):
    file = file_of(ds)
    return spool.keep(read_instance(file), file)


def big(number, mib):
    ds = ct_slice(number)
    ds.PixelData, ds.Rows, ds.Columns = b"\0" * int(mib * MIB), 64, 64
    return ds


def test_new_same_and_changed_are_told_apart(tmp_path):
    spool = Spool(tmp_path, Limits(free_mib=0))
    assert [keep(spool, ds) for ds in (ct_slice(), ct_slice(), ct_slice(KVP=100))] == [
        "new",
        "same",
        "changed",
    ]
    (study,) = spool.studies()
    assert spool.total_bytes == sum(entry.st_size for entry in spool.files(study).values())


def test_an_object_from_another_sender_is_still_the_same(tmp_path):
    spool, ds = Spool(tmp_path, Limits(free_mib=0)), ct_slice()
    assert keep(spool, ds) == "new"
    file = file_of(ds, source="ANOTHER")
    assert spool.keep(read_instance(file), file) == "same"


def test_a_restart_counts_what_is_there_and_clears_what_was_half_written(tmp_path):
    keep(Spool(tmp_path, Limits(free_mib=0)), big(1, 0.6))
    (tmp_path / ".parts" / "half").write_bytes(b"x")
    again = Spool(tmp_path, Limits(series_mib=1, free_mib=0))
    assert not list((tmp_path / ".parts").iterdir())
    with pytest.raises(NotKept, match="series is larger than 1 MiB") as refusal:
        keep(again, big(2, 0.6))
    assert refusal.value.status == NO_RESOURCES


def test_a_refused_object_takes_no_room(tmp_path):
    spool = Spool(tmp_path, Limits(series_mib=1, free_mib=0))
    keep(spool, big(1, 0.6))
    before = spool.total_bytes
    for number in (2, 3):
        with pytest.raises(NotKept):
            keep(spool, big(number, 0.6))
    assert spool.total_bytes == before
    assert keep(spool, big(4, 0.2)) == "new"


def test_a_full_spool_asks_for_room_before_it_refuses(tmp_path):
    asked = []

    def make_room(wanted):
        asked.append(wanted)
        spool.remove(spool.studies()[0])
        return True

    spool = Spool(tmp_path, Limits(spool_mib=1, free_mib=0), make_room=make_room)
    keep(spool, big(1, 0.6))
    assert keep(spool, big(2, 0.6)) == "new"
    assert len(asked) == 1
    (study,) = spool.studies()
    assert len(spool.files(study)) == 1


def test_free_space_is_left_to_others(tmp_path):
    spool = Spool(tmp_path, Limits(free_mib=1), free_bytes=lambda _folder: MIB + 100)
    with pytest.raises(NotKept, match="the spool is full"):
        keep(spool, ct_slice())


def test_a_removed_study_is_gone_and_may_come_again(tmp_path):
    spool = Spool(tmp_path, Limits(free_mib=0))
    keep(spool, ct_slice())
    spool.remove(spool.studies()[0])
    assert (spool.studies(), spool.total_bytes) == ((), 0)
    assert keep(spool, ct_slice()) == "new"


def test_the_meta_header_is_no_part_of_what_is_compared():
    data = b"\x08\x00\x16\x00" + b"x" * 20
    syntax = {"sop_class": "1.2", "sop_uid": "1.3", "syntax": "1.2.840.10008.1.2.1"}
    files = [as_file(data, source=source, **syntax) for source in ("A", "MUCH LONGER")]
    assert [bytes(data_set_of(file)) for file in files] == [data, data]


def test_a_file_without_a_group_length_is_compared_whole():
    assert bytes(data_set_of(b"\0" * 128 + b"DICM" + b"\x02\x00\x10\x00rest")) == (
        b"\0" * 128 + b"DICM" + b"\x02\x00\x10\x00rest"
    )
