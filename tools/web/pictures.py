"""The pictures of docs/pictures/web-*.png: every page, light and dark, of virtual patients.

PYTHONPATH=tools:src python -m web.pictures [--out docs/pictures] [--only compare]

Needs Chromium and playwright. The files are small: 256 colours.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from web.running import Server, ask, send

FLAGS = (
    "--headless", "--no-sandbox", "--disable-background-networking", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)  # fmt: skip
DEMOS = ("pfbc", "tuberous_sclerosis", "pallidal_dots")
FACTS = {
    "age_years": 53, "sex": "M", "phenotype": [{"id": "HP:0001300"}, {"id": "HP:0001250", "excluded": True}],
    "labs": [{"analyte": "calcium", "value": 1.62, "unit": "mmol/L"}], "history": ["neck_surgery"],
    "family": {"affected_relatives": ["parent"], "inheritance": "autosomal_dominant"},
}  # fmt: skip
WIDE, TABLET = {"width": 1280, "height": 900}, {"width": 820, "height": 1100}
COLOURS = 256
TALL_PAGES = ("case", "tablet", "print", "compare", "compare-tablet")
PAIR_PROTOCOL: dict[str, Any] = {"matrix": 192, "in_plane_mm": 1.2, "slice_mm": 3.0}
TALL = 1500


def main() -> None:
    """Make them."""
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("--out", type=Path, default=Path("docs/pictures"))
    own.add_argument("--only", choices=("pages", "compare", "accounts"), help="a part of them")
    asked = own.parse_args()
    parts = {"pages": _pages, "compare": _compared, "accounts": _accounts}
    for name, make in parts.items():
        if asked.only in (None, name):
            make(asked.out)


def _pages(out: Path) -> None:
    """The worklist, a case and what is round them."""
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder) / "data") as server,
        sync_playwright() as player,
    ):
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        _shoot(browser, server.url, "first", "/", out)
        id = _cases(server.url)
        for name, path in (
            ("worklist", "/"), ("case", f"/cases/{id}"), ("print", f"/cases/{id}/print/radiologist"),
            ("welcome", "/welcome"), ("audit", "/audit"), ("account", "/account"), ("api", "/api"),
        ):  # fmt: skip
            _shoot(browser, server.url, name, path, out)
        _shoot(browser, server.url, "tablet", f"/cases/{id}", out, size=TABLET, schemes=("light",))
        browser.close()


def _compared(out: Path) -> None:
    """Two visits of one virtual person compared; and two people, refused."""
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder) / "data") as server,
        sync_playwright() as player,
    ):
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        earlier, later, stranger = _visits(server.url, Path(folder))
        _compare(server.url, earlier, later)
        _json(server.url, "POST", f"/api/cases/{later}/edits", {"what": "reject", "deposit": 8, "seen": 0})
        _compare(server.url, earlier, stranger)
        url, pair = server.url, f"/compare?a={earlier}&b={later}"
        _shoot(browser, url, "compare", pair, out)
        _shoot(browser, url, "compare-tablet", pair, out, size=TABLET, schemes=("light",))
        _shoot(browser, url, "compare-refused", f"/compare?a={earlier}&b={stranger}", out)
        browser.close()


def _visits(url: str, folder: Path) -> list[str]:
    """One virtual person scanned twice, the second time turned and with more calcium, and somebody else."""
    from brainsand.virtual_scan import write_virtual_scan

    ids = []
    for title, seed, visit, more in (
        ("Visit of 2002", 7, 1, {}),
        ("Visit of 2004", 7, 2, {"pitch_deg": 7.0, "yaw_deg": -5.0, "shift_mm": (6.0, -4.0, 9.0)}),
        ("Somebody else", 11, 2, {}),
    ):
        made = write_virtual_scan(
            folder / title, preset="pfbc", seed=seed, visit=visit, growth=1.0 if visit == 1 else 1.4,
            protocol={**PAIR_PROTOCOL, **more},
        )  # fmt: skip
        upload = _json(url, "POST", "/api/uploads", {"title": title})["id"]
        for number, path in enumerate(sorted(made.scan.iterdir())):
            send(url, f"/api/uploads/{upload}/files/{number}", path.read_bytes())
        facts = {"patient": {"age_years": 51 + 2 * visit, "sex": "M"}}
        ids.append(_json(url, "POST", f"/api/uploads/{upload}/finish", facts)["id"])
    for id in ids:
        while _json(url, "GET", f"/api/cases/{id}")["state"] != "done":
            time.sleep(0.5)
    return ids


def _compare(url: str, one: str, other: str) -> None:
    pair = f"/api/cases/{one}/comparisons/{other}"
    _json(url, "POST", pair, {})
    while _json(url, "GET", pair)["state"] in ("queued", "running"):
        time.sleep(0.5)


def _accounts(out: Path) -> None:
    """The login and the accounts, of an installation that has them."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        data = Path(folder) / "data"
        line = [
            sys.executable,
            "-m",
            "brainsand",
            "serve",
            "add-user",
            "ada",
            "--role",
            "admin",
            "--data",
            str(data),
        ]
        subprocess.run(line, env={**os.environ, "BRAINSAND_PASSWORD": "correct horse battery"}, check=True)
        with Server(data, "--accounts") as server:
            browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
            _shoot(browser, server.url, "login", "/login", out)
            _shoot(browser, server.url, "accounts", "/accounts", out, login=True)
            browser.close()


def _cases(url: str) -> str:
    """Three virtual patients, analyzed, the first one corrected; its id."""
    ids = [_json(url, "POST", "/api/demo", {"preset": name, "seed": 7})["id"] for name in DEMOS]
    for id in ids:
        while _json(url, "GET", f"/api/cases/{id}")["state"] != "done":
            time.sleep(0.5)
    reject = {"what": "reject", "deposit": 11, "note": "seen on no other slice", "seen": 0}
    _json(url, "POST", f"/api/cases/{ids[0]}/edits", reject)
    _json(url, "PUT", f"/api/cases/{ids[0]}/patient", {"patient": FACTS, "seen": 1})
    return str(ids[0])


def _shoot(
    browser: Any,
    url: str,
    name: str,
    path: str,
    out: Path,
    *,
    size: Any = None,
    schemes: Any = ("light", "dark"),
    login: bool = False,
) -> None:
    for scheme in schemes:
        context = browser.new_context(viewport=size or WIDE, color_scheme=scheme, reduced_motion="reduce")
        context.set_default_timeout(180_000)
        page = context.new_page()
        if login:
            page.goto(f"{url}/login")
            page.fill("[name=name]", "ada")
            page.fill("[name=password]", "correct horse battery")
            page.click("#login button")
            page.wait_for_selector("#drop")
        page.goto(url + path)
        page.wait_for_timeout(1500)
        if path.count("/") == 2 and "/cases/" in path:
            page.wait_for_selector("#gl[data-ready]")
            page.evaluate("document.getElementById('gl').viewer.nv.opts.multiplanarShowRender = 1")
            page.evaluate("document.getElementById('gl').viewer.nv.drawScene()")
            page.wait_for_timeout(6000)
        if path.startswith("/compare"):
            page.wait_for_selector("#pair[data-viewers]")
            page.wait_for_timeout(3000)
        picture = page.screenshot(full_page=name in TALL_PAGES)
        _keep(picture, out / f"web-{name}{'' if scheme == 'light' else '-dark'}.png")
        context.close()


def _keep(picture: bytes, path: Path) -> None:
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    if image.height > TALL:
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path, f"{path.stat().st_size / 1024:.0f} KiB")


def _json(*words: Any) -> Any:
    return json.loads(ask(*words))


if __name__ == "__main__":
    main()
