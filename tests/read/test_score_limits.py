"""A table of age limits is the user's, and is refused where it cannot be meant."""

import pytest

from brainsand.errors import UsageError
from brainsand.read.score_limits import read_score_limits


def test_rows_are_read_in_the_order_of_ages(tmp_path):
    table = tmp_path / "limits.yaml"
    table.write_text("- {age_from: 40, age_to: 60, largest: 8}\n- {age_from: 0, age_to: 40, largest: 3}\n")
    assert read_score_limits(table) == ((0.0, 40.0, 3.0), (40.0, 60.0, 8.0))


@pytest.mark.parametrize(
    "text, words",
    [
        ("nothing", "no list of rows"),
        ("- {age_from: 0, age_to: 40}", "needs the numbers"),
        ("- {age_from: 40, age_to: 30, largest: 3}", "age_from < age_to"),
        ("- {age_from: 0, age_to: 40, largest: 81}", "0 to 80"),
        ("- {age_from: 0, age_to: 40, largest: 3}\n- {age_from: 30, age_to: 50, largest: 4}", "overlap"),
        ("[", "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, text, words):
    table = tmp_path / "limits.yaml"
    table.write_text(text)
    with pytest.raises(UsageError, match=words):
        read_score_limits(table)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_score_limits(tmp_path / "none.yaml")
