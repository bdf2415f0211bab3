"""Patient files: what is understood, what is asked back, what is dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainsand.errors import PatientFileError
from brainsand.read.patient import parse_patient, read_patient

WHOLE = """
age: P47Y6M
sex: F
findings:
- {site: globus_pallidus, side: both, morphology: confluent, extent: large}
- {site: thalamus, absent: true}
phenotype:
- {id: HP:0001300}
- {id: HP:0001250, excluded: true}
- {id: HP:0001257, onset: P5Y}
labs:
- {analyte: calcium, value: 1.62, unit: mmol/L}
- {analyte: pth, flag: low}
history: [neck_surgery, birth_asphyxia]
family: {affected_relatives: [parent], consanguinity: false, inheritance: autosomal_dominant}
variants:
- {gene: SLC20A2, hgvs: "NM_006749.5:c.1507G>A", zygosity: heterozygous, acmg: LP}
"""


def refusal(text: str) -> PatientFileError:
    with pytest.raises(PatientFileError) as caught:
        parse_patient(text)
    return caught.value


def said(text: str) -> set[str]:
    return {caution.code for caution in parse_patient(text)[1]}


def test_the_file_of_the_contract_is_understood_whole(tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    patient, cautions = read_patient(path)
    assert cautions == ()
    assert (patient.age_years, patient.sex) == (47.5, "F")
    pallidum = {"site": "globus_pallidus", "side": "both", "morphology": "confluent", "extent": "large"}
    assert patient.findings[0] == pallidum | {"absent": False}
    assert patient.findings[1]["absent"] is True
    assert [term["excluded"] for term in patient.phenotype] == [False, True, False]
    assert patient.phenotype[2]["onset_years"] == 5
    assert patient.labs == (
        {"analyte": "calcium", "value": 1.62, "unit": "mmol/L"},
        {"analyte": "pth", "flag": "low"},
    )
    assert patient.history == ("neck_surgery", "birth_asphyxia")
    assert patient.family["affected_relatives"] == ["parent"]
    assert patient.variants[0]["acmg"] == "LP"


def test_json_and_an_empty_file_are_understood() -> None:
    assert parse_patient('{"age_years": 3, "sex": "male"}')[0].sex == "M"
    empty, cautions = parse_patient("")
    assert (empty.age_years, empty.sex, empty.history, cautions) == (None, None, (), ())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("histroy: [hiv]", "history"),
        ("phenotypes: []", "phenotype"),
        ("history: [neck_surgry]", "neck_surgery"),
        ("labs: [{analyte: calcum, value: 1, unit: mmol/L}]", "calcium"),
        ("findings: [{site: globus palidus}]", "globus_pallidus"),
        ("variants: [{gene: SLC20A2, acgm: P}]", "acmg"),
    ],
)
def test_a_misspelt_word_is_asked_back_with_the_right_one(text: str, meant: str) -> None:
    assert repr(meant) in refusal(text).todo


@pytest.mark.parametrize(
    "text",
    [
        "age_years: .nan",
        "age_years: true",
        "age_years: forty",
        "age: 47 years",
        "{age_years: 47, age: P12Y}",
        "sex: X",
        "[1, 2]",
        "age_years: 4\nage_years: 5",
        '{"sex": "F", "sex": "M"}',
        "a: [1",
        "a: &x [1]\nb: *x",
        "phenotype: [{id: 1300}]",
        "labs: [{analyte: calcium, value: 2, ref_low: 3, ref_high: 1}]",
        "labs: {analyte: calcium}",
        "variants: [{hgvs: c.1A>G}]",
        "history: hiv",
        "sex: F\nfamily: {consanguinity: maybe}",
    ],
)
def test_what_is_no_value_is_refused(text: str) -> None:
    fault = refusal(text)
    assert fault.came
    assert fault.needed
    assert fault.todo


def test_what_is_merely_unknown_is_left_out_and_said() -> None:
    assert said("{sex: F, shoe_size: 42}") == {"unknown_field"}
    assert said("history: [loves_trains]") == {"unknown_history_word"}
    assert said("labs: [{analyte: xyzzy, value: 1, unit: g}]") == {"unknown_analyte"}
    assert said("labs: [{analyte: calcium, value: 9}]") == {"lab_unreadable"}
    assert said("phenotype: [HP:0001300, HP:0001300]") == {"duplicate_term"}


def test_what_contradicts_itself_is_left_out_and_the_rest_is_used() -> None:
    torn = "phenotype: [{id: HP:0001300}, {id: HP:0001300, excluded: true}, {id: HP:0001250}]"
    patient, cautions = parse_patient(torn)
    assert [t["id"] for t in patient.phenotype] == ["HP:0001250"]
    assert {c.code for c in cautions} == {"term_contradiction"}
    torn = "findings: [{site: thalamus, side: left}, {site: thalamus, absent: true}, {site: putamen}]"
    patient, cautions = parse_patient(torn)
    assert [f["site"] for f in patient.findings] == ["putamen"]
    assert {c.code for c in cautions} == {"finding_contradiction"}


@pytest.mark.parametrize("age", ["130", "-1"])
def test_an_age_nobody_has_is_left_out_and_said(age: str) -> None:
    patient, cautions = parse_patient(f"{{age_years: {age}, sex: F}}")
    assert (patient.age_years, patient.sex) == (None, "F")
    assert {c.code for c in cautions} == {"age_impossible"}


def test_names_are_dropped_and_not_repeated() -> None:
    patient, cautions = parse_patient("{name: Jane Doe, mrn: 12345, birth_date: '1929-01-01', age_years: 95}")
    assert {caution.code for caution in cautions} == {"identity_removed"}
    assert "Doe" not in repr(patient) + repr(cautions)
    assert patient.age_years == 90


def test_sides_may_differ_and_absence_of_one_side_is_no_contradiction() -> None:
    patient, _ = parse_patient(
        "findings: [{site: thalamus, side: left}, {site: thalamus, side: right, absent: true}]"
    )
    assert [f["side"] for f in patient.findings] == ["left", "right"]


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PatientFileError):
        read_patient(tmp_path / "nothing.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(PatientFileError):
        read_patient(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    ("written", "field", "meant"),
    [
        ("findings: [{site: Globus Pallidus, side: bilateral}]", "findings", ("site", "globus_pallidus")),
        ("findings: [{site: pallidum, side: both}]", "findings", ("site", "globus_pallidus")),
        ("labs: [{analyte: PTH, flag: Low}]", "labs", ("analyte", "pth")),
        ("labs: [{analyte: calcium, flag: decreased}]", "labs", ("flag", "low")),
        ("labs: [{analyte: hiv_serology, value: Positive}]", "labs", ("flag", "positive")),
        ("variants: [{gene: X, zygosity: Compound heterozygous}]", "variants", ("zygosity", "compound_heterozygous")),
        ("variants: [{gene: X, zygosity: het}]", "variants", ("zygosity", "heterozygous")),
        ("variants: [{gene: X, acmg: 5}]", "variants", ("acmg", "P")),
        ("variants: [{gene: X, acmg: class IV}]", "variants", ("acmg", "LP")),
        ("variants: [{gene: X, acmg: Uncertain significance}]", "variants", ("acmg", "VUS")),
    ],
)  # fmt: skip
def test_a_word_in_another_case_or_of_the_same_meaning_is_taken(written, field, meant) -> None:
    patient, cautions = parse_patient(written)
    assert cautions == ()
    assert getattr(patient, field)[0][meant[0]] == meant[1]


def test_history_family_and_sex_are_taken_as_clinicians_write_them() -> None:
    family = "{affected_relatives: [grandmother, nephew], inheritance: AD}"
    text = f"{{sex: woman, history: [Neck surgery, thyroidectomy], family: {family}}}"
    patient, cautions = parse_patient(text)
    assert cautions == ()
    assert (patient.sex, patient.history) == ("F", ("neck_surgery", "thyroid_surgery"))
    assert patient.family == {
        "affected_relatives": ["grandparent", "nephew"],
        "inheritance": "autosomal_dominant",
    }


def test_every_name_of_an_analyte_that_the_knowledge_has_is_taken() -> None:
    from brainsand.read.knowledge import load_knowledge

    for analyte in load_knowledge().analytes.values():
        for name in (analyte.id, analyte.name, *analyte.synonyms):
            if "(" not in name:
                patient, _ = parse_patient(f'labs: [{{analyte: "{name}", flag: normal}}]')
                assert [lab["analyte"] for lab in patient.labs] == [analyte.id], name


def test_no_word_means_two_things_and_every_synonym_is_of_a_known_word() -> None:
    from brainsand.read import synonyms, vocabulary

    for also, known in (
        (synonyms.SITES, vocabulary.FINDING_SITES),
        (synonyms.SIDES, vocabulary.FINDING_SIDES),
        (synonyms.ANALYTES, vocabulary.ANALYTES),
        (synonyms.HISTORY, vocabulary.HISTORY),
        (synonyms.FLAGS, vocabulary.LAB_FLAGS),
        (synonyms.RELATIVES, vocabulary.RELATIVES),
        (synonyms.INHERITANCE, vocabulary.INHERITANCE),
        (synonyms.ZYGOSITIES, vocabulary.ZYGOSITIES),
        (synonyms.ACMG, vocabulary.ACMG),
    ):
        assert set(also.values()) <= set(known)
        assert not set(also) & {word.lower() for word in known}
        assert all(vocabulary.plain_word(word) == word for word in also)


@pytest.mark.parametrize("value", ['"1,61"', '"<3"'])
def test_a_result_that_is_no_number_is_refused_with_what_to_write(value: str) -> None:
    assert "flag: low" in refusal(f"labs: [{{analyte: pth, value: {value}, unit: pg/mL}}]").todo


def test_an_impossible_age_is_left_out_however_it_is_written() -> None:
    patient, cautions = parse_patient("{age: P190Y, sex: F}")
    assert (patient.age_years, patient.sex) == (None, "F")
    assert [c.code for c in cautions] == ["age_impossible"]
