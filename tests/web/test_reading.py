"""What people say is kept beside the machine's answer, everything follows at once, and nothing said is lost."""

from __future__ import annotations

import json
import threading
import zipfile
from io import BytesIO

import pytest

from brainsand.web.revised import FORMS


@pytest.fixture
def case(site):
    id = site.done()

    class Case:
        url = f"/api/cases/{id}"

        def read(self):
            return site.client.get(f"{self.url}/reading").json()

        def edit(self, what, deposit, *, seen=None, client=site.client, **more):
            seen = self.read()["version"] if seen is None else seen
            body = {"what": what, "deposit": deposit, "seen": seen, **more}
            return client.post(f"{self.url}/edits", json=body)

        def tell(self, patient, *, seen=None):
            seen = self.read()["version"] if seen is None else seen
            return site.client.put(f"{self.url}/patient", json={"patient": patient, "seen": seen})

        def history(self):
            return site.client.get(f"{self.url}/edits").json()

    return Case()


def chance(reading, group):
    return next(g["probability"] for g in reading["record"]["differential"]["groups"] if g["id"] == group)


def test_a_rejected_deposit_changes_sums_worklist_and_history_but_not_the_machines_record(site, case):
    before = case.read()
    after = case.edit("reject", 1, note="a clip").json()
    assert after["version"] == 1
    assert len(after["record"]["deposits"]) == len(before["record"]["deposits"]) - 1
    volume = [r["record"]["scores"]["volume_mm3"]["total"] for r in (before, after)]
    assert volume[1] < volume[0]
    assert site.client.get(case.url).json()["deposits"] == len(after["record"]["deposits"])
    assert len(site.client.get(f"{case.url}/machine").json()["deposits"]) == len(before["record"]["deposits"])
    (entry,) = case.history()
    assert (entry["who"], entry["what"], entry["deposit"], entry["body"]) == (
        "local",
        "reject",
        1,
        {"note": "a clip"},
    )


def test_undo_brings_back_what_was_before_and_is_itself_in_the_history(site, case):
    before = case.read()["record"]
    case.edit("reject", 1)
    case.edit("kind", 2, kind="physiologic")
    first, second = case.history()[1]["id"], case.history()[0]["id"]
    assert site.client.delete(f"{case.url}/edits/{second}", params={"seen": 2}).status_code == 200
    after = site.client.delete(f"{case.url}/edits/{first}", params={"seen": 3}).json()["record"]
    assert after["deposits"] == before["deposits"]
    assert [e["what"] for e in case.history()] == ["undo", "undo", "kind", "reject"]
    assert site.client.delete(f"{case.url}/edits/{first}", params={"seen": 4}).status_code == 404


def test_a_deposit_is_put_elsewhere_and_given_another_kind(case):
    case.edit("site", 3, site="choroid_plexus", side="left")
    record = case.edit("kind", 3, kind="indeterminate", note="not sure").json()["record"]
    moved = next(d for d in record["deposits"] if d["id"] == 3)
    assert (moved["site"], moved["side"], moved["kind"], moved["note"]) == (
        "choroid_plexus", "left", "indeterminate", "not sure",
    )  # fmt: skip


def test_facts_move_the_ranking_say_what_moved_it_and_what_to_ask_next(case):
    before = case.read()
    facts = {
        "age_years": 53,
        "phenotype": [{"id": "HP:0001300"}],
        "labs": [{"analyte": "calcium", "flag": "low"}],
    }
    after = case.tell(facts).json()
    assert chance(after, "hypoparathyroidism") > 2 * chance(before, "hypoparathyroidism")
    rose = next(m for m in after["moved"] if m["id"] == "hypoparathyroidism")
    assert rose["after"] > rose["before"]
    assert any("calcium" in b["words"].lower() for b in rose["because"])
    assert [q["bits"] for q in after["questions"]] == sorted(
        (q["bits"] for q in after["questions"]), reverse=True
    )
    assert after["record"]["patient"]["phenotype"][0]["label"] == "Parkinsonism"


@pytest.mark.parametrize(
    "patient, words",
    [
        ({"labs": [{"analyte": "calcum", "flag": "low"}]}, "calcium"),
        ({"sex": "Q"}, "F, M or U"),
        ({"history": ["neck_surgry"]}, "neck_surgery"),
    ],
)
def test_facts_that_cannot_be_are_refused_and_leave_no_trace(case, patient, words):
    answer = case.tell(patient)
    assert answer.status_code == 422
    assert words in json.dumps(answer.json()) or words == "F, M or U"
    assert case.read()["version"] == 0


@pytest.mark.parametrize(
    "what, more",
    [
        ("site", {"site": "toe"}),
        ("kind", {"kind": "odd"}),
        ("site", {"site": "putamen", "side": "up"}),
        ("kind", {}),
    ],
)
def test_a_correction_that_cannot_be_is_refused(case, what, more):
    assert case.edit(what, 1, **more).status_code == 422
    assert case.edit("reject", 999).status_code == 422
    assert case.read()["version"] == 0


def test_somebody_elses_correction_of_the_same_thing_is_told_and_not_overwritten(site, case):
    from sqlalchemy import update

    from brainsand.web.tables import EDITS

    case.edit("reject", 1, seen=0)
    with site.desk.store.writing() as db:
        db.execute(update(EDITS).values(who="ben"))
    late = case.edit("kind", 1, seen=0, kind="vascular")
    assert late.status_code == 409
    assert "ben" in late.json()["error"]["words"]
    other = case.edit("kind", 2, seen=0, kind="vascular")  # of another deposit: both hold
    assert other.status_code == 201
    assert case.edit("kind", 1, seen=2, kind="vascular").status_code == 201  # having seen it


def test_two_people_at_once_lose_nothing(shared_site):
    people = [shared_site.person(name) for name in ("ann", "ben")]
    id = shared_site.done(people[0])
    numbers = [d["id"] for d in people[0].get(f"/api/cases/{id}/reading").json()["record"]["deposits"]]
    answers: list[int] = []

    def correct(client, mine):
        for number in mine:
            body = {"what": "note", "deposit": number, "note": "seen", "seen": 0}
            answers.append(client.post(f"/api/cases/{id}/edits", json=body).status_code)

    threads = [threading.Thread(target=correct, args=(p, numbers[i::2])) for i, p in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * len(numbers)
    history = people[0].get(f"/api/cases/{id}/edits").json()
    assert sorted(e["deposit"] for e in history) == numbers
    assert sorted(e["version"] for e in history) == list(range(1, len(numbers) + 1))


def test_every_export_is_whole_and_of_the_case_as_it_stands(site, case):
    case.edit("reject", 1)
    names = site.client.get("/api/exports").json()
    at_once = [name for name in names if name not in FORMS]
    got = {name: site.client.get(f"{case.url}/export/{name}") for name in at_once}
    assert {name: answer.status_code for name, answer in got.items()} == dict.fromkeys(at_once, 200)
    later = {name: site.client.get(f"{case.url}/export/{name}").status_code for name in FORMS}
    assert later == dict.fromkeys(FORMS, 409)  # made of the scan, by a job: tests/web/test_revised.py
    record = got["case"].json()
    assert 1 not in [d["id"] for d in record["deposits"]]
    assert record["corrections"][0]["what"] == "reject"
    assert 1 in [d["id"] for d in record["machine_deposits"]]
    assert got["phenopacket"].json()["metaData"]["phenopacketSchemaVersion"] == "2.0"
    assert got["deposits"].text.count("\n") == len(record["deposits"]) + 1
    with zipfile.ZipFile(BytesIO(got["all"].content)) as archive:
        assert {"corrected/case.json", "machine/case.json", "machine/report.html"} <= set(archive.namelist())
        assert archive.testzip() is None


def test_symptoms_are_found_by_words_as_people_type_them(site):
    hits = site.client.get("/api/terms", params={"q": "parkinson"}).json()
    assert "HP:0001300" in [h["id"] for h in hits]
    assert site.client.get("/api/terms", params={"q": "x"}).json() == []


def test_the_lists_for_forms_name_units_and_flags(site):
    words = site.client.get("/api/words").json()
    calcium = next(a for a in words["analytes"] if a["id"] == "calcium")
    assert calcium["units"][0] == calcium["unit"]
    assert "SLC20A2" in words["genes"]


def test_the_case_is_printed_for_each_reader_and_shown_on_its_page(site, case):
    id = case.url.rpartition("/")[2]
    for reader in ("radiologist", "neurologist", "geneticist"):
        page = site.client.get(f"/cases/{id}/print/{reader}")
        assert page.status_code == 200
        assert "Possible causes" in page.text
    assert site.client.get(f"/cases/{id}").status_code == 200
    assert site.client.get(f"/cases/{id}/print/cook").status_code == 404
    assert site.client.get(f"/compare?a={id}&b={id}").status_code == 422
