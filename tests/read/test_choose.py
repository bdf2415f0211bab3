"""Which series is taken, and what each is known for."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest

from brainsand.errors import ChoiceError, InputRefused
from brainsand.read.choose import choose
from brainsand.read.files import Item, folder_items
from brainsand.read.kinds import Kind, contrast_of, kind_of
from brainsand.read.scan import read_scan
from brainsand.read.series import Stack, gather, stacks_of
from samples import axial_positions, head_hu, slice_dataset, write_series

SMALL = head_hu((24, 8, 8))
FIELD = {"spacing": (25.0, 25.0)}


def made(folder: Path, series: str, slices: int = 24, gap_mm: float = 5.0, **elements: Any) -> None:
    settings: dict[str, Any] = {"SeriesDescription": "HEAD", "ConvolutionKernel": "H31s"} | FIELD | elements
    write_series(
        folder / series, SMALL[:slices], positions=axial_positions(slices, gap_mm), series=series, **settings
    )


def chosen(folder: Path) -> str:
    scan = read_scan(folder)
    assert scan.acquisition.series_uid is not None
    return scan.acquisition.series_uid.rsplit(".", 1)[1]


def kind(**elements: Any) -> Kind:
    return kind_of(only_stack(**elements))


def only_stack(**elements: Any) -> Stack:
    ds = slice_dataset(SMALL[0], **FIELD, **elements)
    return Stack(slices=stacks_of(gather([memory_item(ds)]).headers)[0].slices)


def memory_item(ds: Any) -> Item:
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    content = stream.getvalue()
    return Item(name="x", size=len(content), open_at_most=lambda most: io.BytesIO(content[:most]))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"SeriesDescription": "BRAIN"}, {"SeriesDescription": "CHEST"}),
        ({"SeriesDescription": "BRAIN"}, {"SeriesDescription": "something"}),
        ({"ConvolutionKernel": "H31s"}, {"ConvolutionKernel": "H60s"}),
        ({"ConvolutionKernel": "STANDARD"}, {"ConvolutionKernel": "BONE", "SliceThickness": 1}),
        ({"ContrastBolusAgent": "NONE"}, {"ContrastBolusAgent": "OMNIPAQUE 350"}),
        ({"SeriesDescription": "HEAD W/O"}, {"SeriesDescription": "HEAD POST CONTRAST"}),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}, {"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]}),
        ({"gap_mm": 4.0}, {"gap_mm": 5.0}),
        ({"SeriesDescription": "HEAD"}, {"SeriesDescription": "HEAD MONO 50 keV"}),
        ({"slices": 24}, {"slices": 8}),
        ({"SeriesDescription": "HEAD"}, {"SeriesDescription": "HEAD MIP"}),
    ],
)
@pytest.mark.parametrize("better_first", [True, False])
def test_the_better_series_is_taken(
    tmp_path: Path, better: dict[str, Any], worse: dict[str, Any], better_first: bool
) -> None:
    numbers = ("2", "3") if better_first else ("3", "2")
    made(tmp_path, numbers[0], **better)
    made(tmp_path, numbers[1], **worse)
    assert chosen(tmp_path) == numbers[0]


def test_a_thin_bone_series_does_not_beat_a_thick_soft_one_and_words_say_why(tmp_path: Path) -> None:
    made(tmp_path, "2", SliceThickness=5)
    made(tmp_path, "3", gap_mm=4, SliceThickness=1, ConvolutionKernel="Hr64", SeriesDescription="HEAD BONE")
    words = read_scan(tmp_path).choice_words
    assert words.startswith('Chose series 2 "HEAD" (24 slices of 5 mm, kernel H31s) out of 2.')
    assert "its kernel is sharper" in words


def test_the_same_answer_whatever_the_order_of_files(tmp_path: Path) -> None:
    for number, settings in enumerate(({}, {"ConvolutionKernel": "H60s"}, {"gap_mm": 4.0}, {"slices": 6})):
        made(tmp_path, str(number + 1), **settings)
    items = list(folder_items(tmp_path))
    said = set()
    for seed in range(4):
        random.Random(seed).shuffle(items)
        choice = choose(stacks_of(gather(items).headers))
        said.add((choice.words, tuple(s.sop_uid for s in choice.stack.slices)))
    assert len(said) == 1


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"SeriesDescription": "Topogram 0.6 T20f"}, "localizer"),
        ({"SeriesDescription": "HEAD VNC"}, "dual_energy_derived"),
        ({"SeriesDescription": "Iodine(Water)"}, "dual_energy_derived"),
        ({"SeriesDescription": "Rho/Z maps"}, "dual_energy_derived"),
        (
            {"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "DE_VNC"]},
            "dual_energy_derived",
        ),
        ({"RescaleType": "ED"}, "not_hounsfield"),
        ({"SeriesDescription": "CTP Tmax"}, "perfusion"),
        ({"SeriesDescription": "CTA COW MIP"}, "rendered"),
        ({"Modality": "PT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128"}, "not_ct"),
        ({"Modality": "CT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "not_ct"),
    ],
)
def test_what_is_no_attenuation_is_known_and_refused(elements: dict[str, Any], code: str) -> None:
    assert kind(**elements).code == code


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"ConvolutionKernel": "FC81"}, "bone_kernel"),
        ({"ConvolutionKernel": "YA"}, "bone_kernel"),
        ({"SeriesDescription": "Head bone 0.75"}, "bone_kernel"),
        ({"SeriesDescription": "CTA head"}, "contrast_given"),
        ({"SeriesDescription": "HEAD C+"}, "contrast_given"),
        ({"SeriesDescription": "Head Mono+ 70 keV"}, "monoenergetic"),
        ({"ImageType": ["DERIVED", "SECONDARY", "MPR"]}, "derived_series"),
        ({"orientation": (1, 0, 0, 0, 0, -1)}, "not_axial"),
        ({"BodyPartExamined": "CHEST"}, "other_body_part"),
    ],
)
def test_what_can_be_measured_with_less_trust_says_so(elements: dict[str, Any], code: str) -> None:
    found = kind(**elements)
    assert found.refused is None
    assert code in {caution.code for caution in found.cautions}


@pytest.mark.parametrize(
    "words",
    ["HEAD", "Brain w/o", "Neuro 5.0 H31s", "THIN 3D", "Schädel nativ", "CT HEAD WITHOUT CONTRAST", "NCCT"],
)
def test_plain_head_scans_carry_no_caution(words: str) -> None:
    found = kind(SeriesDescription=words, ConvolutionKernel="H31s", SpecificCharacterSet="ISO_IR 192")
    assert found.refused is None
    assert found.cautions == ()


@pytest.mark.parametrize(
    ("agent", "words", "expected"),
    [
        ("OMNIPAQUE", "", True),
        ("NONE", "", False),
        ("C-", "", False),
        (None, "HEAD W/O CONTRAST", False),
        (None, "HEAD WITH CONTRAST", True),
        (None, "HEAD W/WO", None),
        (None, "HEAD", None),
    ],
)
def test_contrast_is_read_from_agent_and_words(agent: str | None, words: str, expected: bool | None) -> None:
    elements: dict[str, Any] = {"SeriesDescription": words}
    if agent is not None:
        elements["ContrastBolusAgent"] = agent
    assert contrast_of(only_stack(**elements).first) is expected


def test_only_a_localizer_is_refused_by_name(tmp_path: Path) -> None:
    made(tmp_path, "1", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    with pytest.raises(InputRefused, match="localizer") as caught:
        read_scan(tmp_path)
    assert caught.value.code == "localizer"


def test_two_equal_studies_are_asked_about(tmp_path: Path) -> None:
    made(tmp_path / "a", "1", study="1")
    made(tmp_path / "b", "2", study="2")
    with pytest.raises(ChoiceError) as caught:
        read_scan(tmp_path)
    assert caught.value.code == "several_studies"
    assert (
        read_scan(tmp_path, series="1").acquisition.study_uid
        != read_scan(tmp_path, series="2").acquisition.study_uid
    )


def test_a_weaker_second_study_needs_no_question(tmp_path: Path) -> None:
    made(tmp_path / "a", "1", study="1")
    made(tmp_path / "b", "2", study="2", SeriesDescription="CHEST")
    assert chosen(tmp_path) == "1"
