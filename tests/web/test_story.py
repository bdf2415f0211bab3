"""The whole story in a real browser: drop, watch, open, fly, reject, tell, print, export, log out."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from contextlib import ExitStack

import pytest
from tests.web.served import PASSWORD, add_user, axe_script, chromium, percent_of, served

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "application/zip" }));
  const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data });
  document.getElementById("drop").dispatchEvent(drop);
}"""


@pytest.fixture(params=["sqlite", "postgres"])
def story(request, tmp_path):
    words = ()
    if request.param == "postgres":
        words = ("--database", request.getfixturevalue("postgres").new_place())
    data = tmp_path / "data"
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        add_user(data, "ada", "--role", "admin", *words)
        site = stack.enter_context(served(data, "--accounts", *words))
        yield Story(browser, site, with_axe=request.param == "sqlite")


class Story:
    """A browser on the application, and everything that went wrong in it."""

    def __init__(self, browser, site, *, with_axe):
        self.site, self.axe = site, axe_script() if with_axe else None
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, accept_downloads=True, bypass_csp=False
        )
        self.page = context.new_page()
        self.wrong, self.elsewhere = [], []
        self.page.on("pageerror", lambda fault: self.wrong.append(str(fault)))
        self.page.on("console", self._said)
        self.page.set_default_timeout(120_000)
        self.page.on("request", self._asked)

    def _said(self, message):
        if message.type == "error" and "404" not in message.text:  # a picture that is not drawn yet
            self.wrong.append(message.text)

    def _asked(self, request):
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def go(self, path):
        self.page.goto(self.site.url + path)

    def check(self, name):
        """No violation of what axe-core knows of WCAG 2.1 A and AA, in light and dark."""
        if self.axe is None:
            return
        for scheme in ("light", "dark"):
            # Without motion: what is half faded in or out has the contrast of neither end.
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate(self.axe)  # by the debugger: the page's own policy would refuse it
            options = {"runOnly": RULES, "resultTypes": ["violations"]}
            found = self.page.evaluate("(options) => axe.run(document, options)", options)["violations"]
            told = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
            assert not told, (name, scheme, json.dumps(told, indent=1))
        self.page.emulate_media(color_scheme="light")

    def ranking(self):
        return self.page.eval_on_selector_all(
            "#ranking > li > details", "all => all.map(d => [d.dataset.id, d.innerText])"
        )


def until(true, seconds=120.0):
    """Ask again and again from here: the page's own policy runs no text as a script."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def zip_of(folder):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"study/{path.name}")
    return stream.getvalue()


def test_from_a_dropped_zip_to_a_believed_answer(story, read, tmp_path):
    page = story.page
    story.go("/")
    page.wait_for_url("**/login")
    story.check("login")
    page.fill("[name=name]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.click("#login button")
    page.wait_for_selector("#first")
    page.wait_for_load_state("load")  # what is dropped before the page listens is lost
    story.check("first run")

    # Drop it, and watch.
    page.evaluate(DROP, ["study.zip", base64.b64encode(zip_of(read.scan)).decode()])
    row = page.wait_for_selector("#rows tr", timeout=30_000)
    assert "study.zip" in row.inner_text()
    page.wait_for_selector("#rows tr .state:has-text('done')", timeout=180_000)
    page.wait_for_selector("#rows tr .level")
    story.check("worklist")

    # Open it, and fly.
    page.click("#rows .title")
    page.wait_for_selector("#gl[data-ready=straight]", timeout=180_000)
    page.wait_for_selector("#deposits tr.at")
    before = page.inner_text("#readout")
    page.click("#deposit-3 .fly")
    until(lambda: page.inner_text("#readout") != before)
    assert "HU" in page.inner_text("#readout")
    assert page.get_attribute("#deposit-3", "class") == "at"
    place = page.evaluate("() => document.getElementById('gl').viewer.here()")
    case = page.get_attribute("#case", "data-id")
    view = page.evaluate(f"fetch('/api/cases/{case}/files/viewer/view.json').then((r) => r.json())")
    assert place == pytest.approx(view["places_ras_mm"]["3"], abs=2.0)

    # A click on a deposit shows its row.
    page.evaluate("(mm) => document.getElementById('gl').viewer.fly(mm)", view["places_ras_mm"]["1"])
    page.evaluate("document.querySelector('#gl').scrollIntoView({block: 'center'})")
    spot = page.evaluate("""() => {
      const canvas = document.getElementById('gl'), nv = canvas.viewer.nv, box = canvas.getBoundingClientRect();
      const [x, y] = nv.frac2canvasPos(nv.scene.crosshairPos), dpr = nv.uiData.dpr ?? 1;
      return [box.left + x / dpr, box.top + y / dpr];
    }""")
    page.mouse.click(*spot)
    page.wait_for_selector("#deposit-1.at", timeout=10_000)
    page.click("[data-window=bone]")
    page.click("#layer-sites")
    story.check("case")

    # Reject it, undo it, reject it again.
    many = page.locator("#deposits tr").count()
    page.click("#deposit-1 >> text=Reject")
    page.wait_for_selector("#rejected >> text=Take back")
    assert page.locator("#deposits tr").count() == many - 1
    page.click("#undo")
    page.wait_for_selector("#deposit-1")
    page.click("#deposit-1 >> text=Reject")
    page.wait_for_selector("#rejected >> text=Take back")

    # Tell what is known, and see the ranking move.
    first = story.ranking()
    page.fill("#symptom", "parkinsonism")
    page.wait_for_selector("#hits li")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chip:has-text('Parkinsonism')")
    page.click("[aria-label='calcium low']")
    page.wait_for_selector(".chip:has-text('low')")
    page.wait_for_selector("#moved >> text=/low calcium|calcium.*low|calcium/i")
    page.wait_for_selector("#history li:nth-child(5)")
    then = story.ranking()
    assert [g for g, _ in then] != [g for g, _ in first]
    chance = {g: percent_of(words) for g, words in then}
    assert chance["hypoparathyroidism"] > {g: percent_of(w) for g, w in first}["hypoparathyroidism"]
    story.check("case, corrected")

    # Print, export, look at the rest.
    for reader in ("radiologist", "neurologist", "geneticist"):
        story.go(f"/cases/{case}/print/{reader}")
        story.check(reader)
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    story.go(f"/cases/{case}")
    page.wait_for_selector("#deposits tr")
    with page.expect_download() as loading:
        page.click(".exports >> text='all'")
    saved = tmp_path / "all.zip"
    loading.value.save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        record = json.loads(archive.read("corrected/case.json"))
    assert [d["id"] for d in record["rejected"]] == [1]
    assert record["patient"]["labs"][0]["flag"] == "low"
    for path in ("/welcome", "/accounts", "/audit", "/account", "/api", "/nothing"):
        story.go(path)
        story.check(path)

    # Log out.
    story.go("/")
    # A picture asked for before and answered after would be told as refused.
    page.wait_for_load_state("networkidle")
    page.click("#logout")
    page.wait_for_url("**/login")
    story.go(f"/cases/{case}")
    page.wait_for_url("**/login")
    assert story.elsewhere == []
    assert story.wrong == []
