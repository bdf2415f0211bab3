"""Done side by side, the same as done one after the other."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from brainsand.arrays.beside import each, over_slabs, slabs, together


def test_slabs_share_out_every_slice_once():
    for count in (0, 1, 5, 12, 13, 160):
        parts = slabs(count)
        assert [k for part in parts for k in range(part.start, part.stop)] == list(range(count))


def test_answers_come_in_the_order_asked_whoever_is_first():
    late = threading.Event()

    def work(number):
        if number == 0:
            assert late.wait(timeout=30)
        late.set()
        return number

    assert each(work, range(4)) == [0, 1, 2, 3]


def test_each_slab_is_written_by_itself():
    out = np.zeros(100, int)
    over_slabs(100, lambda part: out.__setitem__(part, np.arange(part.start, part.stop)))
    assert (out == np.arange(100)).all()


def test_a_fault_in_one_of_them_is_raised():
    def fails():
        raise ValueError("of the second")

    with pytest.raises(ValueError, match="of the second"):
        together(int, fails, int)
    with pytest.raises(ZeroDivisionError):
        over_slabs(3, lambda part: 1 // (part.start - 1))
