"""Memory and processes, from what the system writes about them; samples a reader can count."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from brainsand.machine import available_mb, began, held_mb, lives


@pytest.fixture
def proc(tmp_path):
    folder = tmp_path / "proc"
    folder.mkdir()
    (folder / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable: 4000000 kB\n")
    return folder


@pytest.fixture
def groups(tmp_path):
    folder = tmp_path / "cgroup"
    (folder / "memory").mkdir(parents=True)
    return folder


def test_without_a_container_the_machine_says_how_much_there_is(proc, groups):
    assert available_mb(proc=proc, groups=groups) == 4096.0


def test_a_containers_limit_counts_less_what_it_uses_but_for_files_kept_in_memory(proc, groups):
    (groups / "memory.max").write_text("2000000000\n")
    (groups / "memory.current").write_text("1500000000\n")
    (groups / "memory.stat").write_text("anon 1\ninactive_file 300000000\n")
    assert available_mb(proc=proc, groups=groups) == 800.0


def test_a_container_without_limit_has_what_the_machine_has(proc, groups):
    (groups / "memory.max").write_text("max\n")
    (groups / "memory.current").write_text("1500000000\n")
    assert available_mb(proc=proc, groups=groups) == 4096.0


def test_the_older_kind_of_container_is_read_too(proc, groups):
    (groups / "memory" / "memory.limit_in_bytes").write_text("2000000000\n")
    (groups / "memory" / "memory.usage_in_bytes").write_text("1500000000\n")
    (groups / "memory" / "memory.stat").write_text("total_inactive_file 100000000\n")
    assert available_mb(proc=proc, groups=groups) == 600.0


def test_where_the_system_does_not_tell_nothing_is_guessed(tmp_path):
    assert available_mb(proc=tmp_path, groups=tmp_path) is None
    assert held_mb(1, proc=tmp_path) is None


def test_what_a_process_holds_is_counted_in_pages(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "statm").write_text("9000 1000 10 1 0 5 0")
    assert held_mb(7, proc=tmp_path) == 1000 * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_process_that_ended_and_waits_to_be_counted_out_lives_no_more():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert (lives(pid), began(pid)) == (False, None)
    os.waitpid(pid, 0)
    assert not lives(pid)
    assert lives(os.getpid())


def test_the_moment_a_process_began_is_read_behind_whatever_its_name_holds(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("7 (a ) Z 3) S " + " ".join(str(n) for n in range(4, 23)))
    assert began(7, proc=tmp_path) == 22


def test_where_nothing_tells_of_processes_a_signal_does(tmp_path):
    assert lives(os.getpid(), proc=tmp_path)
