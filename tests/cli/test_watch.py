"""What the person who waits sees."""

from __future__ import annotations

import io
import time

import pytest

from brainsand.cli.watch import Bar, watching
from brainsand.progress import STAGES


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_goes_on_by_stages_and_names_the_one_under_way():
    clock = iter([0.0, 3.2, 5.0])
    bar = Bar(Terminal(), clock=lambda: next(clock))
    bar.close()
    with bar.stage("read"):
        assert bar.line() == "[........................] read 3 s"
    with bar.stage("find"):
        done = 24 // len(STAGES)
        assert bar.line() == f"[{'#' * done}{'.' * (24 - done)}] find 5 s"


def test_a_stage_that_is_not_foreseen_does_not_overrun_the_bar():
    bar = Bar(Terminal(), clock=lambda: 0.0)
    bar.close()
    for name in (*STAGES, "dream", "wake"):
        with bar.stage(name):
            pass
    assert len(bar.line().partition("]")[0]) == 25


def test_a_short_task_draws_no_bar():
    terminal = Terminal()
    with watching(terminal, quiet=False, verbose=False) as progress, progress.stage("read"):
        pass
    assert terminal.getvalue() == ""


def test_a_long_task_draws_and_clears_its_line():
    terminal = Terminal()
    ticks = iter(range(0, 10_000, 3))
    bar = Bar(terminal, clock=lambda: float(next(ticks)))
    with bar.stage("anatomy"):
        end = time.monotonic() + 10
        while "anatomy" not in terminal.getvalue() and time.monotonic() < end:
            time.sleep(0.02)
    bar.close()
    assert "anatomy" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_where_no_terminal_watches_nothing_is_drawn():
    stream = io.StringIO()
    with watching(stream, quiet=False, verbose=False) as progress, progress.stage("read"):
        pass
    assert stream.getvalue() == ""


def test_verbose_says_each_stage_with_its_seconds():
    stream = io.StringIO()
    with watching(stream, quiet=False, verbose=True) as progress, progress.stage("read"):
        pass
    assert stream.getvalue() == "read: 0.00 s\n"


def test_the_bar_is_gone_before_an_error_is_said():
    terminal = Terminal()
    with (
        pytest.raises(ValueError, match="no"),
        watching(terminal, quiet=False, verbose=False) as progress,
        progress.stage("read"),
    ):
        raise ValueError("no")
    assert terminal.getvalue() in ("", "\r\x1b[K")
