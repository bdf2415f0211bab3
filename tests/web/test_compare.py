"""Two cases of one person compared: asked for, made by a worker, kept, shown with what readers said, and let go of."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest
from tests.web.conftest import SMALL, Site
from tests.web.served import chromium, served
from tests.web.test_story import Story, until

from brainsand.jobs.compare_job import STAGES, compare_payload
from brainsand.jobs.compare_job import run as compare
from brainsand.progress import SILENT
from brainsand.read.secret import read_secret
from brainsand.read.whose import whose
from brainsand.run import run_scan
from brainsand.virtual_scan import write_virtual_scan
from brainsand.web.backup import back_up, restore
from brainsand.web.options import Options
from standards.conftest import dciodvfy_errors

TURNED = {"pitch_deg": 7.0, "yaw_deg": -5.0, "roll_deg": 4.0, "shift_mm": (6.0, -4.0, 9.0)}
TWO_HEADS = {
    "code": "different_heads",
    "came": "The skulls lie 3.0 mm apart.",
    "needed": "one head.",
    "todo": "Check.",
}
ASKED = {"first": None, "years": None, "same_person": False, "same_scanner": False}


@dataclass(frozen=True)
class Visits:
    """One virtual person scanned twice: the scans, what the analyses made, and their comparison."""

    scans: tuple[Path, Path]
    results: tuple[Path, Path]
    compared: Path
    answer: dict


@pytest.fixture(scope="session")
def visits(tmp_path_factory):
    place = tmp_path_factory.mktemp("visits")
    scans, results = [], []
    for number, how in ((1, {"growth": 1.0}), (2, {"growth": 1.6})):
        protocol = SMALL if number == 1 else SMALL | TURNED
        made = write_virtual_scan(
            place / f"visit{number}", preset="pfbc", seed=7, visit=number, protocol=protocol, **how
        )
        run_scan(made.scan, place / f"result{number}", patient_file=made.patient_file, also=("viewer",))
        scans.append(made.scan)
        results.append(place / f"result{number}")
    # The later one is named first: the headers' days put them right.
    payload = compare_payload(scans[::-1], results[::-1], facts=({"age_years": 55}, {"age_years": 53}))
    answer = compare(payload, place / "compared", SILENT)
    return Visits(scans=tuple(scans), results=tuple(results), compared=place / "compared", answer=answer)


class Pairs(Site):
    """An application whose worker has both analyses and the comparison ready."""

    def __init__(self, options, visits):
        super().__init__(options, None)
        self.visits = visits

    def put_visit(self, number, client=None):
        """A visit's scan put in and analyzed (the first of its files stands for all)."""
        client = client or self.client
        upload = client.post("/api/uploads", json={"title": f"Visit {number + 1}"}).json()["id"]
        path = sorted(self.visits.scans[number].iterdir())[0]
        client.put(f"/api/uploads/{upload}/files/0", content=path.read_bytes())
        id = client.post(f"/api/uploads/{upload}/finish", json={}).json()["id"]
        self.finish_all(self.visits.results[number])
        self.wait(client, id, "done")
        return id

    def both(self, client=None):
        return self.put_visit(0, client), self.put_visit(1, client)

    def finish_all(self, results, order=(0, 1)):
        """Do every job that waits; its results are these."""
        queue = self.desk.queue
        while claimed := queue.take("a worker"):
            finish(queue, claimed, results, order=order)

    def page(self, path):
        """A page's text, as somebody sees it who was not here before."""
        text = self.client.get(path).text
        self.client.cookies.clear()
        return text

    def compare(self, one, other, client=None, **asked):
        return (client or self.client).post(f"/api/cases/{one}/comparisons/{other}", json=ASKED | asked)


def finish(queue, claimed, results, *, order=(0, 1)):
    """The job done with a copy of results that are ready."""
    made = claimed.job.out.with_name("made.brainsand-part")
    shutil.copytree(results, made)
    if (made / "pair").exists():
        beside = json.loads((made / "pair" / "pair.json").read_text())
        (made / "pair" / "pair.json").write_text(json.dumps(beside | {"order": list(order)}))
    key = claimed.job.payload.get("house_key")
    word = {"person": whose(Path(claimed.job.payload["input"]), read_secret(Path(key)))} if key else {}
    queue.finish(claimed, word, made=made)
    shutil.rmtree(made, ignore_errors=True)


def refuse(queue, claimed, said):
    """The job ended with a refusal in these words."""
    made = claimed.job.out.with_name("made.brainsand-part")
    made.mkdir()
    (made / "refusal.json").write_text(json.dumps(said))
    queue.fail(claimed, "refused", retry=False, code=said["code"], made=made)


@pytest.fixture
def site(tmp_path, visits):
    site = Pairs(Options(data=tmp_path / "data", workers=0, previews=False), visits)
    with site.client:
        yield site


@pytest.fixture
def shared(tmp_path, visits):
    site = Pairs(Options(data=tmp_path / "data", accounts=True, workers=0, previews=False), visits)
    with site.client:
        yield site


def test_the_work_puts_scans_in_the_order_of_their_days_and_lays_one_upon_the_other(visits):
    import nibabel
    import numpy as np

    assert visits.answer["order"] == [1, 0]
    assert visits.answer["headline"].startswith("All calcium has grown")
    assert (visits.compared / "followup_sr.dcm").stat().st_size > 1000
    images = {
        name: nibabel.load(visits.compared / "pair" / f"{name}.nii.gz")
        for name in ("earlier", "later", "tracks", "outlines", "difference")
    }
    assert len({image.shape for image in images.values()}) == 1
    assert len({image.affine.tobytes() for image in images.values()}) == 1
    earlier, later = (np.asarray(images[name].dataobj, float) for name in ("earlier", "later"))
    skull = (later > 700) & (earlier > -1000)
    assert np.median(earlier[skull]) > 500  # the head had been turned by seven degrees
    tracks, rims = (np.asarray(images[name].dataobj) for name in ("tracks", "outlines"))
    assert (rims[tracks > 0] == tracks[tracks > 0]).all()
    assert set(np.unique(rims[rims > tracks.max()]) - tracks.max()) <= set(np.unique(tracks))


def test_every_track_has_a_place_and_the_numbers_of_the_cases(visits):
    beside = json.loads((visits.compared / "pair" / "pair.json").read_text())
    compared = json.loads((visits.compared / "compare.json").read_text())
    assert set(beside["places_ras_mm"]) == {str(t["number"]) for t in compared["deposits"]}
    for k, result in enumerate(visits.results):
        case = json.loads((result / "case.json").read_text())
        assert beside["numbers"][k] == {str(d["id"]): d["id"] for d in case["deposits"]}


def test_the_stages_of_the_work_only_ever_go_forward():
    from brainsand.jobs.child import Told

    class Line:
        def __init__(self):
            self.shares = []

        def send(self, said):
            self.shares.append(said["share"])

    line = Line()
    told = Told(line)
    told.expect(STAGES)
    for name in STAGES:
        with told.stage(name):
            pass
    assert line.shares == sorted(set(line.shares))
    assert line.shares[-1] < 1


def test_cases_of_the_same_patient_are_offered_first_and_nobody_is_named(site):
    first, second = site.both()
    with site.desk.store.writing() as db:
        from sqlalchemy import update

        from brainsand.web.tables import CASES

        db.execute(update(CASES).where(CASES.c.id == second).values(person="somebody else"))
    third = site.put_visit(1)
    found = site.client.get(f"/api/cases/{first}/comparable").json()
    assert [(o["id"], o["same_patient"], o["compared"]) for o in found] == [
        (third, True, False),
        (second, False, False),
    ]
    assert [o["id"] for o in site.client.get(f"/api/cases/{first}/comparable?q=nothing").json()] == []
    stored = b"".join(path.read_bytes() for path in site.desk.folder.root.glob("brainsand.sqlite*"))
    assert b"NOBODY" not in stored  # what the headers call the virtual patient


def test_two_cases_are_compared_once_and_shown_the_earlier_first(site, visits):
    first, second = site.both()
    url = f"/api/cases/{first}/comparisons/{second}"
    assert site.client.get(url).json()["state"] == "not asked for"
    assert "not laid upon each other yet" in site.page(f"/compare?a={first}&b={second}")
    assert site.compare(second, first).json()["state"] == "queued"
    assert site.compare(first, second).status_code == 202
    assert site.desk.queue.counts()["queued"] == 1
    assert "Waiting for its turn" in site.page(f"/compare?a={first}&b={second}")
    site.finish_all(visits.compared)
    told = site.client.get(url).json()
    assert (told["state"], told["earlier"], told["later"]) == ("done", first, second)
    assert site.client.get(f"{url}/record").json()["headline"] == visits.answer["headline"]
    names = {row["name"] for row in site.client.get(f"{url}/files").json()}
    assert {"compare.json", "report.html", "followup_sr.dcm", "pair/earlier.nii.gz"} <= names
    assert all(site.client.get(f"{url}/files/{name}").status_code == 200 for name in names)
    assert site.client.get(f"{url}/files/../asked.json").status_code == 404
    page = site.page(f"/compare?a={second}&b={first}")
    assert visits.answer["headline"] in page
    assert page.index("Visit 1 <span") < page.index("Visit 2 <span")
    for words in ("grown", "detectable", "a year", "2.00 years between", 'id="track-1"', "DICOM SR"):
        assert words in page, words
    site.compare(first, second)
    assert site.desk.queue.counts()["queued"] == 0
    assert site.client.get(f"/api/cases/{first}/comparable").json()[0]["compared"]


def test_who_put_a_case_in_first_is_of_no_account_for_which_is_earlier(site, visits):
    later, earlier = site.put_visit(1), site.put_visit(0)
    site.compare(later, earlier)
    site.finish_all(visits.compared, order=(1, 0))
    told = site.client.get(f"/api/cases/{later}/comparisons/{earlier}").json()
    assert (told["earlier"], told["later"]) == (earlier, later)


def test_another_question_replaces_the_first_and_says_what_it_asks(site, visits):
    first, second = site.both()
    site.compare(first, second)
    site.finish_all(visits.compared)
    home = site.desk.folder.comparison(second, first)
    (before,) = [place for place in home.iterdir() if place.is_dir()]
    site.compare(first, second, first=second, years=3.5, same_scanner=True)
    claimed = site.desk.queue.take("a worker")
    payload = claimed.job.payload
    assert (payload["as_given"], payload["interval_years"], payload["same_scanner"]) == (True, 3.5, True)
    assert [Path(p).parts[-2] for p in payload["scans"]] == [second, first]
    assert not before.exists()
    assert site.client.get(f"/api/cases/{first}/comparisons/{second}").json()["state"] == "running"


def test_a_correction_asks_anew_and_the_new_answer_follows_it(site, visits, tmp_path):
    first, second = site.both()
    site.compare(first, second)
    site.finish_all(visits.compared)
    url = f"/api/cases/{first}/comparisons/{second}"
    before = site.client.get(f"{url}/record").json()
    grown = [t for t in before["deposits"] if t["state"] == "grown" and len(t["amounts"][1]["ids"]) == 1]
    one, other = grown[:2]
    for k, (case, seen) in enumerate(((first, 0), (second, 0))):
        for number in one["amounts"][k]["ids"]:
            told = {"what": "reject", "deposit": number, "seen": seen}
            assert site.client.post(f"/api/cases/{case}/edits", json=told).status_code == 201
    put = {"what": "site", "deposit": other["amounts"][1]["ids"][0], "site": "choroid_plexus", "side": "left"}
    assert site.client.post(f"/api/cases/{second}/edits", json=put | {"seen": 1}).status_code == 201
    assert site.client.get(f"{url}/record").status_code == 404  # the old answer is nobody's any more
    assert site.client.get(url).json()["state"] == "queued"
    assert "Waiting for its turn" in site.page(f"/compare?a={first}&b={second}")
    asked = site.desk.queue.take("a worker")
    corrected = asked.job.payload["corrected"]
    assert [[d["id"] for d in told["rejected"]] for told in corrected] == [a["ids"] for a in one["amounts"]]

    compare(compare_payload(visits.scans, visits.results, corrected=corrected), tmp_path / "anew", SILENT)
    finish(site.desk.queue, asked, tmp_path / "anew")
    after = site.client.get(f"{url}/record").json()
    assert after["headline"] != before["headline"]
    assert len(after["deposits"]) == len(before["deposits"]) - 1
    lost = before["whole"]["amounts"][1]["mass_mg"] - after["whole"]["amounts"][1]["mass_mg"]
    assert lost == pytest.approx(one["amounts"][1]["mass_mg"], rel=0.1)
    (track,) = (t for t in after["deposits"] if t["source"] == "reader")
    assert (track["site"], track["side"]) == ("choroid_plexus", "left")
    page = site.page(f"/compare?a={first}&b={second}")
    assert "Rejected by a reader, and in no sum, sentence or file of this comparison" in page
    row = page.partition(f'id="track-{track["number"]}"')[2].partition("</tr>")[0]
    assert "Left choroid plexus" in row
    assert "corrected by a reader" in row
    assert dciodvfy_errors(tmp_path / "anew" / "followup_sr.dcm") == []
    report = pydicom.dcmread(tmp_path / "anew" / "followup_sr.dcm")
    assert any(
        "is counted as a reader corrected it" in str(e.value) for e in report.iterall() if e.VR == "UT"
    )
    assert report.SeriesDescription.endswith("corrected by a reader")
    assert site.client.get(url).json()["state"] == "done"


def test_two_people_are_refused_in_the_refusals_own_words_until_somebody_vouches(shared, visits, tmp_path):
    ann, ada = shared.person("ann"), shared.person("ada", role="admin")
    first, second = shared.both(ann)
    shared.compare(first, second, ann)
    claimed = shared.desk.queue.take("a worker")
    refuse(shared.desk.queue, claimed, TWO_HEADS)
    url = f"/api/cases/{first}/comparisons/{second}"
    told = ann.get(url).json()
    assert (told["state"], told["code"], told["may_vouch"]) == ("failed", "different_heads", True)
    page = ann.get(f"/compare?a={first}&b={second}").text
    assert "The skulls lie 3.0 mm apart. Needed: one head." in page
    assert "I vouch that both scans are of one person" in page
    assert shared.compare(first, second, ann, same_person=True).json()["state"] == "queued"
    assert shared.desk.queue.take("a worker").job.payload["same_person"] is True
    noted = [(e["who"], e["what"], e["about"], e["more"]) for e in ada.get("/api/audit").json()]
    assert ("ann", "vouched", second, f"the same person as {first}") in noted


def test_of_another_teams_case_there_is_no_comparison(shared, visits):
    ann, eve = shared.person("ann", team="neuro"), shared.person("eve", team="ortho", role="admin")
    reader = shared.person("rea", role="reader", team="neuro")
    first, second = shared.both(ann)
    own = shared.put_visit(0, eve)
    shared.compare(first, second, ann)
    shared.finish_all(visits.compared)
    for one, other in ((first, second), (first, own), (own, first)):
        url = f"/api/cases/{one}/comparisons/{other}"
        tried = [eve.get(url + part) for part in ("", "/record", "/files", "/files/compare.json", "/events")]
        tried += [eve.get(f"/compare?a={one}&b={other}"), shared.compare(one, other, eve)]
        assert [a.status_code for a in tried] == [404] * len(tried)
    assert eve.get(f"/api/cases/{first}/comparable").status_code == 404
    assert eve.get(f"/api/cases/{own}/comparable").json() == []
    assert shared.compare(first, second, reader).status_code == 403
    assert reader.get(f"/api/cases/{first}/comparisons/{second}/record").status_code == 200


def test_what_cannot_be_compared_is_refused(site):
    first, second = site.both()
    assert site.compare(first, first).status_code == 422
    assert site.compare(first, second, first="0" * 16).status_code == 422
    assert site.compare(first, "0" * 16).status_code == 404
    upload = site.client.post("/api/uploads", json={}).json()["id"]
    site.client.put(f"/api/uploads/{upload}/files/0", content=b"x")
    waiting = site.client.post(f"/api/uploads/{upload}/finish", json={}).json()["id"]
    assert site.compare(first, waiting).status_code == 409
    assert site.client.get(f"/api/cases/{first}/comparisons/{second}/record").status_code == 404


def test_the_stream_tells_the_state_and_ends_with_it(site, visits):
    first, second = site.both()
    site.compare(first, second)
    site.finish_all(visits.compared)
    text = site.client.get(f"/api/cases/{first}/comparisons/{second}/events").text
    (data,) = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert json.loads(data)["state"] == "done"


@pytest.mark.parametrize("gone", [0, 1])
def test_with_a_case_its_comparisons_go(site, visits, gone):
    ids = site.both()
    site.compare(*ids)
    site.finish_all(visits.compared)
    assert site.client.delete(f"/api/cases/{ids[gone]}").status_code == 204
    assert list(site.desk.folder.root.rglob("earlier.nii.gz")) == []
    assert site.client.get(f"/api/cases/{ids[0]}/comparisons/{ids[1]}").status_code == 404


def test_a_copy_brings_comparisons_back_and_asks_anew_for_those_under_way(tmp_path, visits):
    one = Options(data=tmp_path / "one", workers=0, previews=False)
    site = Pairs(one, visits)
    with site.client:
        first, second = site.both()
        third = site.put_visit(0)
        site.compare(first, second)
        site.finish_all(visits.compared)
        site.compare(second, third)
    back_up(one, tmp_path / "copy.zip")
    other = Options(data=tmp_path / "other", workers=0, previews=False)
    restore(other, tmp_path / "copy.zip")
    assert (tmp_path / "other" / "house.key").read_bytes() == (tmp_path / "one" / "house.key").read_bytes()
    site = Pairs(other, visits)
    with site.client:
        assert site.client.get(f"/api/cases/{first}/comparisons/{second}").json()["state"] == "done"
        assert site.client.get(f"/api/cases/{second}/comparisons/{third}").json()["state"] == "queued"
        assert site.desk.queue.counts()["queued"] == 1
        same = site.client.get(f"/api/cases/{first}/comparable").json()
        assert [o["same_patient"] for o in same] == [True, True]


def test_in_a_browser_from_the_case_to_the_change(tmp_path, visits):
    options = Options(data=tmp_path / "data", workers=0, previews=False)
    site = Pairs(options, visits)
    with site.client:
        _, second = site.both()
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        running_site = stack.enter_context(served(options.data, "--workers", "0"))
        story = Story(browser, running_site, with_axe=True)
        page = story.page
        # The case's own viewer is seen to in the story; here it would only be drawn, which takes long.
        page.route("**/viewer/*.nii.gz", lambda route: route.fulfill(status=404))
        story.go(f"/cases/{second}")
        page.wait_for_selector("#follow-up:not([hidden])")
        assert "Visit 1" in page.inner_text("#other optgroup[label='The same patient']")
        assert page.inner_text("#other-warning") == "Its header names the same patient."
        page.click("#compare-go")
        page.wait_for_url("**/compare?**")
        page.wait_for_selector("#wait-words")
        story.check("waiting")

        from brainsand.jobs import Queue

        queue = Queue.open(options.queue_url)
        claimed = queue.take("a worker")
        queue.progress(claimed, "align", 0.6)
        until(lambda: page.inner_text("#wait-words") == "Comparing: align")
        finish(queue, claimed, visits.compared)
        queue.close()
        page.wait_for_selector("#pair[data-viewers=ready]")
        here = "document.getElementById('gl%d').viewer.here()"
        place = [float(x) for x in page.get_attribute("#track-3", "data-place").split()]
        page.click("#track-3 .fly")
        for half in (1, 2):
            until(lambda half=half: page.evaluate(here % half) == pytest.approx(place, abs=1.0))
        assert page.get_attribute("#track-3", "class").strip().endswith("at")
        assert "deposit 3" in page.inner_text("#readout")
        page.keyboard.press("f")
        assert page.get_attribute("#layer-difference", "aria-pressed") == "true"
        page.keyboard.press("n")
        assert page.get_attribute("#track-3", "class").strip() == ""
        story.check("compared")
        for width in (1280, 820):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.pdf(format="A4")[:5] == b"%PDF-"
        assert story.wrong == []
        assert story.elsewhere == []


def test_in_a_browser_two_people_are_refused_on_a_page_for_everybody_and_may_be_vouched_for(tmp_path, visits):
    from brainsand.jobs import Queue

    options = Options(data=tmp_path / "data", workers=0, previews=False)
    site = Pairs(options, visits)
    with site.client:
        first, second = site.both()
        site.compare(first, second)
        refuse(site.desk.queue, site.desk.queue.take("a worker"), TWO_HEADS)
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        running_site = stack.enter_context(served(options.data, "--workers", "0"))
        story = Story(browser, running_site, with_axe=True)
        page = story.page
        story.go(f"/compare?a={first}&b={second}")
        assert page.inner_text("#refused") == "The skulls lie 3.0 mm apart. Needed: one head."
        story.check("refused")
        page.set_viewport_size({"width": 820, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 820
        page.check("[name=same_person]")
        page.click("text=Compare all the same")
        page.wait_for_selector("#wait-words")
        queue = Queue.open(options.queue_url)
        assert queue.take("a worker").job.payload["same_person"] is True
        queue.close()
        assert story.wrong == []
        assert story.elsewhere == []
        story.go(f"/compare?a={first}&b={first}")
        assert "A case is not compared with itself." in page.inner_text("main")
        story.check("a case with itself")
