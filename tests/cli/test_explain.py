"""``brainsand explain``: a name that is nearly one is asked back."""

from __future__ import annotations

import pytest

from brainsand.cli.explain import explained
from brainsand.errors import UsageError


@pytest.mark.parametrize(
    ("written", "meant"), [("slc20a3", "Did you mean SLC20A2"), ("pfbc_slc20b2", "pfbc_slc20a2")]
)
def test_what_is_nearly_a_condition_or_a_gene_is_asked_back(written: str, meant: str) -> None:
    with pytest.raises(UsageError, match=meant):
        explained(written, None)


def test_what_is_near_nothing_is_told_where_to_look() -> None:
    with pytest.raises(UsageError, match="brainsand info --json"):
        explained("xyzzy", None)
