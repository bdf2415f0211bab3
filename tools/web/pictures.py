"""The pictures of docs/pictures/web-*.png: every page, light and dark, of virtual patients.

PYTHONPATH=tools:src python -m web.pictures [--out docs/pictures]

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

from web.running import Server, ask

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
TALL = 1500


def main() -> None:
    """Make them."""
    own = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    own.add_argument("--out", type=Path, default=Path("docs/pictures"))
    asked = own.parse_args()
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder) / "data") as server,
        sync_playwright() as player,
    ):
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        _shoot(browser, server.url, "first", "/", asked.out)
        id = _cases(server.url)
        for name, path in (
            ("worklist", "/"), ("case", f"/cases/{id}"), ("print", f"/cases/{id}/print/radiologist"),
            ("welcome", "/welcome"), ("audit", "/audit"), ("account", "/account"), ("api", "/api"),
        ):  # fmt: skip
            _shoot(browser, server.url, name, path, asked.out)
        _shoot(browser, server.url, "tablet", f"/cases/{id}", asked.out, size=TABLET, schemes=("light",))
        browser.close()
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
            _shoot(browser, server.url, "login", "/login", asked.out)
            _shoot(browser, server.url, "accounts", "/accounts", asked.out, login=True)
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
        picture = page.screenshot(full_page=name in ("case", "tablet", "print"))
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
