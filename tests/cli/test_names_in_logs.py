"""What is printed may end in a log: it holds no value of a header and no name of a file that somebody did not type."""

from __future__ import annotations

import warnings

import pytest

from brainsand.cli.main import fault_words, main
from brainsand.errors import PatientFileError
from brainsand.read.patient import parse_patient


def caught(message):
    try:
        raise ValueError(message)
    except ValueError as fault:
        return fault


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize(
    "message", ["could not convert string to float: 'DOE^JANE'", 'No such file: "/scans/DOE JANE/1.dcm"']
)
def test_a_fault_is_told_without_what_its_message_quotes(message, verbose):
    said = fault_words(caught(message), verbose=verbose)
    assert "DOE" not in said
    assert "ValueError: " in said
    assert ("Traceback" in said) == verbose


def test_a_warning_shown_with_verbose_has_no_value_in_it(monkeypatch, capsys):
    monkeypatch.setattr(
        "brainsand.cli.info.run",
        lambda args: warnings.warn("Invalid value for VR UI: 'DOE^JANE'", stacklevel=1),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["info", "--verbose"]) == 0
    said = capsys.readouterr().err
    assert "UserWarning: Invalid value for VR UI:" in said
    assert "DOE" not in said


@pytest.mark.parametrize("text", ["sex: F\nname: Doe: Jane: [", "{sex: F, Doe", "a: 'Doe\nb: 2"])
def test_a_patient_file_that_cannot_be_parsed_is_not_quoted(text):
    with pytest.raises(PatientFileError) as refused:
        parse_patient(text)
    assert "Doe" not in str(refused.value)
    assert "line" in str(refused.value)
