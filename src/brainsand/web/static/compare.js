// Two cases of one person: two viewers with one crosshair, what changed, and asking for the comparison.
import { ask, complain, inText, plain } from "./app.js";
import { canShow, COLOURS, nameSites, Viewer } from "./viewer.js";

const root = document.getElementById("pair"), place = (name) => document.getElementById(name);
const made = root.dataset.state === "done";
const halves = [...document.querySelectorAll(".viewer[data-id]")];
const api = `/api/cases/${root.dataset.two}/comparisons/${root.dataset.one}`;
const viewers = [];
let at = null;

// Half of a comparison: both halves lie on one lattice, so a point is the same place in both.
class Half extends Viewer {
  thirdOpacity = 0.85;

  // More in orange, less in blue, nothing within 25 HU: as in the report. The steps are of 8 HU.
  dress(volume) {
    const step = (hu) => Math.round((255 * (hu + 1000)) / 2000);
    this.nv.addColormap("difference", { R: [86, 86, 86, 230, 230, 230], G: [180, 180, 180, 159, 159, 159], B: [233, 233, 233, 0, 0, 0],
      A: [255, 255, 0, 0, 255, 255], I: [0, step(-150), step(-25), step(25), step(150), 255] });
    Object.assign(volume, { colormap: "difference", cal_min: -1000, cal_max: 1000, isTransparentBelowCalMin: false });
  }

  // Only the rims are drawn, so that nothing lies over the calcium itself: a rim has the number of its deposit and so
  // many more as there are deposits.
  recolour(kinds) {
    this.kinds = kinds;
    const most = kinds.size, map = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: [""] };
    for (let n = 1; n <= 2 * most; n++) {
      const [r, g, b] = COLOURS[kinds.get(n > most ? n - most : n)] ?? [0, 0, 0];
      map.R.push(r); map.G.push(g); map.B.push(b); map.A.push(n > most ? 255 : 0); map.I.push(n); map.labels.push(`deposit ${n > most ? n - most : n}`);
    }
    this.nv.volumes[1].setColormapLabel(map);
    this.layers();
  }

  labelAt(i, mm) {
    const n = super.labelAt(i, mm);
    return i === 1 && n > this.kinds.size ? n - this.kinds.size : n;
  }

  // What stands under both viewers: the same place in both.
  words(mm) {
    const [earlier, later] = viewers.map((v) => v.valueAt(0, mm));
    if (earlier === null || later === null || earlier === undefined || later === undefined) return "";
    const number = this.labelAt(1, mm), more = Math.round(later - earlier);
    const parts = [`earlier ${Math.round(earlier)} HU`, `later ${Math.round(later)} HU`, `difference ${more > 0 ? "+" : ""}${more} HU`];
    if (number) parts.push(`deposit ${number}`);
    return parts.join(" · ");
  }
}

const told = (words) => { if (words) place("readout").textContent = words; };

async function openPair() {
  const kinds = new Map([...document.querySelectorAll("#changes tr")].map((row) => [Number(row.id.slice(6)), row.querySelector(".swatch").classList[1]]));
  for (const [i, part] of halves.entries())
    viewers.push(new Half(place(`gl${i + 1}`), part.dataset.id, { told, chosen: (n) => choose(n, true), base: `${api}/files/` }));
  for (const [i, viewer] of viewers.entries()) {
    viewer.window = "calcium";
    await viewer.open(halves[i].dataset.which, kinds);
  }
}

async function openEach() {
  nameSites((await ask("GET", "/api/words")).sites);
  for (const [i, part] of halves.entries()) {
    const reading = await ask("GET", `/api/cases/${part.dataset.id}/reading`);
    const viewer = new Viewer(place(`gl${i + 1}`), part.dataset.id, { told, chosen: () => {} });
    await viewer.open("straight", new Map(reading.record.deposits.map((d) => [d.id, d.kind])));
    viewers.push(viewer);
  }
}

async function begin() {
  if (!canShow()) { place("gl-missing").hidden = false; return; }
  await (made ? openPair() : openEach());
  viewers[0].nv.broadcastTo(viewers[1].nv, { "2d": true, "3d": true });
  viewers[1].nv.broadcastTo(viewers[0].nv, { "2d": true, "3d": true });
  for (const viewer of viewers) viewer.setPlane("axial");
  const first = document.querySelector("#changes tr[data-place]");
  if (first) show(first);
  root.dataset.viewers = "ready";
}

const rows = () => [...document.querySelectorAll("#changes tr")];

function choose(number, scroll = false) {
  for (const row of rows()) row.classList.toggle("at", row.id === `track-${number}`);
  at = number;
  if (scroll) place(`track-${number}`)?.scrollIntoView({ block: "nearest" });
}

function show(row) {
  choose(Number(row.id.slice(6)));
  if (!row.dataset.place) return;
  const ras = row.dataset.place.split(" ").map(Number);
  for (const viewer of viewers) viewer.fly(ras);
}

function step(by) {
  const all = rows(), i = all.findIndex((row) => row.id === `track-${at}`);
  if (all.length) show(all[Math.max(0, Math.min(all.length - 1, i + by))]);
}

function listenToTable() {
  for (const row of rows()) row.addEventListener("click", () => show(row));
}

function listenToTools() {
  const press = (buttons, one) => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b === one)));
  for (const group of ["window", "plane"]) {
    const all = [...document.querySelectorAll(`[data-${group}]`)];
    for (const b of all) b.addEventListener("click", () => { press(all, b); for (const v of viewers) if (group === "window") v.setWindow(b.dataset.window); else v.setPlane(b.dataset.plane); });
  }
  const toggle = (name, layer) => place(name)?.addEventListener("click", () => {
    const on = place(name).getAttribute("aria-pressed") !== "true";
    place(name).setAttribute("aria-pressed", String(on));
    for (const v of viewers) { v.shown[layer] = on; v.layers(); }
  });
  toggle("layer-deposits", "deposits");
  toggle("layer-difference", "sites");
}

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (inText(event)) return;
    const press = (selector) => document.querySelector(selector)?.click();
    const acts = { 1: () => press("[data-window=brain]"), 2: () => press("[data-window=calcium]"), 3: () => press("[data-window=bone]"), d: () => press("#layer-deposits"), f: () => press("#layer-difference"), n: () => step(1), p: () => step(-1) };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });
}

function listenToForm() {
  place("ask")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { first, years, same_person: person, same_scanner: scanner } = event.target.elements;
    try {
      await ask("POST", api, { first: first.value || null, years: years.value === "" ? null : Number(years.value), same_person: !!person?.checked, same_scanner: scanner.checked });
      location.reload();
    } catch (fault) { complain(fault); }
  });
}

function wait() {
  const stream = new EventSource(`${api}/events`);
  stream.addEventListener("comparison", (event) => {
    const now = JSON.parse(event.data);
    if (now.state !== "queued" && now.state !== "running") { stream.close(); location.reload(); return; }
    place("wait").value = now.share;
    place("wait-words").textContent = now.state === "queued" ? "Waiting for its turn" : `Comparing: ${plain(now.stage ?? "begins")}`;
  });
}

place("print")?.addEventListener("click", () => window.print());
listenToTable();
listenToTools();
listenToKeys();
listenToForm();
if (root.dataset.state === "queued" || root.dataset.state === "running") wait();
else begin().catch(complain);
