// A case: the viewer, the deposits, the patient and the ranking, which follow one another.
import { ask, complain, h, inText, MAY_EDIT, moment, plain, Refused, say } from "./app.js";
import { Deposits } from "./deposits.js";
import { Patient } from "./patient.js";
import { Ranking } from "./ranking.js";
import { canShow, nameSites, Viewer } from "./viewer.js";

const root = document.getElementById("case"), id = root.dataset.id, api = `/api/cases/${id}`;
const place = (name) => document.getElementById(name);
let reading = null, history = [], view = null, viewer = null, words = null, straight = true, busy = Promise.resolve();

const deposits = new Deposits({ fly, correct, choose: (n) => deposits.choose(n) });
const ranking = new Ranking({ answer: (answer) => patient.answer(answer) });
const patient = new Patient({ save: saveFacts });

// One correction at a time, each on the version that is shown.
function send(work) {
  busy = busy.then(work).catch(async (fault) => {
    complain(fault);
    if (fault instanceof Refused && fault.status === 409) await refresh();
    else if (reading) show(reading);
  });
  return busy;
}

function correct(body, told) {
  return send(async () => {
    const before = reading.version;
    show(await ask("POST", `${api}/edits`, { ...body, seen: before }));
    await showHistory();
    say(told, { words: "Undo", run: undo });
  });
}

function saveFacts(facts) {
  return send(async () => { show(await ask("PUT", `${api}/patient`, { patient: facts, seen: reading.version })); await showHistory(); });
}

function undo() {
  const last = history.find((e) => e.what !== "undo" && !e.undone_by);
  if (!last) return;
  send(async () => { show(await ask("DELETE", `${api}/edits/${last.id}?seen=${reading.version}`)); await showHistory(); say("Undone."); });
}

async function refresh() {
  reading = await ask("GET", `${api}/reading`);
  show(reading);
  await showHistory();
}

function show(now) {
  if (reading && now.version !== reading.version) offerRevised().catch(complain);
  reading = now;
  const r = now.record;
  place("headline").textContent = now.headline;
  place("person").textContent = [r.patient.age_years === null ? "age not known" : `${Math.round(10 * r.patient.age_years) / 10} years`, { F: "female", M: "male" }[r.patient.sex], r.scan.thickness_mm && `${r.scan.thickness_mm} mm slices`, r.scan.kvp && `${r.scan.kvp} kV`, r.scan.kernel, r.scan.contrast !== "none" && `contrast ${r.scan.contrast}`].filter(Boolean).join(" · ");
  place("significance").replaceChildren(h("span", { class: `level ${r.significance.level}` }, plain(r.significance.level)), " ", r.significance.why.join(" "));
  deposits.show(r);
  ranking.show(now);
  patient.show(r.patient);
  showScores(r);
  place("cautions").replaceChildren(...(r.cautions.length ? r.cautions.map((c) => h("li", {}, c.words)) : [h("li", { class: "soft" }, "None.")]));
  place("steps").replaceChildren(...r.next_steps.slice(0, 8).map((s) => h("li", {}, h("strong", {}, s.step), " ", s.why, h("span", { class: "soft" }, ` ${s.urgency}${s.treatable ? ", treatable" : ""}; ${s.source}`))));
  viewer?.recolour(kinds());
}

const kinds = () => new Map(reading.record.deposits.map((d) => [d.id, d.kind]));

const rounded = (x, like = x) => x.toLocaleString("en", { maximumFractionDigits: Math.abs(like) >= 10 ? 0 : 1 }).replaceAll(",", "\u202f");

function showScores(r) {
  const t = r.scores.total_calcification_score, total = (s, unit) => (s?.total === null || s?.total === undefined ? "–" : `${rounded(s.total)}${s.pm === null ? "" : ` ± ${rounded(s.pm, s.total)}`} ${unit}`);
  const rows = [["Total Calcification Score", t.total === null ? "–" : `${t.total} of 80`, t.total === null ? "a location was not imaged" : `${t.low} to ${t.high}`],
    ["Volume", total(r.scores.volume_mm3, "mm³"), ""], ["Mass, hydroxyapatite equivalent", total(r.scores.mass_mg, "mg"), ""],
    ["Agatston-like", r.scores.agatston_like === null ? "–" : Math.round(r.scores.agatston_like), ""], ["Pattern", r.pattern.names[0], `symmetry: ${r.pattern.symmetry.word}`]];
  place("scores").replaceChildren(h("div", { class: "scores" }, ...rows.map(([name, value, more]) => h("div", {}, h("span", { class: "soft" }, name), h("b", {}, String(value)), h("span", { class: "soft" }, more)))));
}

async function showHistory() {
  history = await ask("GET", `${api}/edits`);
  place("undo").disabled = !MAY_EDIT || !history.some((e) => e.what !== "undo" && !e.undone_by);
  place("history").replaceChildren(...(history.length ? history.map((e) => h("li", {},
    h("span", { class: "soft" }, `${moment(e.at)}, ${e.who === "local" ? "this computer" : e.who}: `), told(e), e.undone_by ? h("span", { class: "soft" }, " (undone)") : null)) : [h("li", { class: "soft" }, "None: this is the machine's own reading.")]));
}

function told(e) {
  const about = e.deposit === null ? "" : ` deposit ${e.deposit}`;
  const to = [e.body.side, e.body.site, e.body.kind].filter((x) => typeof x === "string").map(plain).join(" ");
  return { reject: `rejected${about}`, accept: `took back the rejection of${about}`, site: `put${about} at ${to}`, kind: `called${about} ${to}`, note: `noted on${about}`, patient: "said what is known of the patient", undo: `undid a correction${about && ` of${about}`}` }[e.what] + (e.body.note ? `: “${e.body.note}”` : "");
}

function fly(number) {
  deposits.choose(number);
  const at = view?.places_ras_mm[number];
  if (at) viewer?.fly(at);
}

async function openViewer() {
  if (!canShow()) { place("gl-missing").hidden = false; return; }
  viewer = new Viewer(place("gl"), id, { told: (words) => { place("readout").textContent = words || "\u00a0"; }, chosen: (number) => deposits.choose(number, true) });
  await viewer.open("straight", kinds());
  const first = reading.record.deposits[0];
  if (first) fly(first.id);
}

function listenToTools() {
  const press = (buttons, one) => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b === one)));
  for (const group of ["window", "plane"]) {
    const all = [...document.querySelectorAll(`[data-${group}]`)];
    for (const b of all) b.addEventListener("click", () => { press(all, b); if (group === "window") viewer?.setWindow(b.dataset.window); else viewer?.setPlane(b.dataset.plane); });
  }
  const toggle = (name, act) => place(name).addEventListener("click", () => { const on = place(name).getAttribute("aria-pressed") !== "true"; place(name).setAttribute("aria-pressed", String(on)); act(on); });
  toggle("layer-deposits", (on) => { if (viewer) { viewer.shown.deposits = on; viewer.layers(); } });
  toggle("layer-sites", (on) => { if (viewer) { viewer.shown.sites = on; viewer.layers(); } });
  toggle("measure", (on) => { viewer?.setMeasure(on); if (on) say("Drag in a section to measure; the length stands beside the line."); });
  toggle("straight", (on) => { straight = on; place("straight").textContent = on ? "Straightened" : "As scanned"; viewer?.open(on ? "straight" : "native", kinds()).catch(complain); });
}

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (inText(event) || root.dataset.state !== "done") return;
    const press = (selector) => document.querySelector(selector).click();
    const acts = { 1: () => press("[data-window=brain]"), 2: () => press("[data-window=calcium]"), 3: () => press("[data-window=bone]"), d: () => press("#layer-deposits"), s: () => press("#layer-sites"), m: () => press("#measure"),
      n: () => deposits.step(1), p: () => deposits.step(-1), x: () => deposits.reject(), e: () => deposits.open(), u: undo };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });
}

function wait() {
  const image = place("preview"), look = () => { if (root.dataset.state !== "done") { image.src = `${api}/files/preview.png?${Date.now()}`; } };
  image.addEventListener("load", () => { image.hidden = false; });
  image.addEventListener("error", () => setTimeout(look, 700));
  look();
  const stream = new EventSource("/api/events");
  stream.addEventListener("case", (event) => {
    const row = JSON.parse(event.data);
    if (row.id !== id) return;
    root.dataset.state = row.state;
    place("wait-words").textContent = row.state === "running" ? `Analyzing: ${plain(row.stage ?? "begins")}` : row.state;
    place("wait").value = row.share;
    place("wait-more").textContent = [row.reason, row.remedy].filter(Boolean).join(" ");
    place("retry").hidden = row.state !== "failed" && row.state !== "cancelled";
    if (row.state === "done") { stream.close(); place("waiting").hidden = true; place("done").hidden = false; begin().catch(complain); }
  });
}

async function offerFormats() {
  const all = await ask("GET", `${api}/formats`);
  const link = (name) => [h("a", { href: `${api}/files/${name}`, download: true }, name.split("/").at(-1)), " "];
  place("formats").replaceChildren(...all.map((f) => h("li", {}, `${f.name} `, f.files.flatMap(link), f.state === "queued" || f.state === "running" ? h("progress", { max: 1, value: f.share, "aria-label": `${f.name} is being made` }) : null,
    f.state === "failed" ? h("span", { class: "soft" }, f.reason) : null, MAY_EDIT && !f.files.length && f.state !== "queued" && f.state !== "running" ? h("button", { type: "button", class: "small", onclick: () => ask("POST", `${api}/formats/${f.name}`).then(offerFormats, complain) }, "Make", h("span", { class: "hidden" }, ` ${f.name}`)) : null, h("span", { class: "soft" }, " of the machine's reading"))));
  if (all.some((f) => f.state === "queued" || f.state === "running")) setTimeout(() => offerFormats().catch(complain), 1500);
}

// What is made of the scan for the case as it stands; a correction makes all of it old.
let words_of_exports = null, asking = 0;
async function offerRevised() {
  const mine = ++asking;
  words_of_exports ??= await ask("GET", "/api/exports");
  const all = await ask("GET", `${api}/exports`);
  if (mine !== asking) return;
  const open = (f) => f.state === "queued" || f.state === "running";
  const make = (f) => h("button", { type: "button", class: "small", onclick: () => ask("POST", `${api}/export/${f.name}`).then(offerRevised, complain) }, "Make", h("span", { class: "hidden" }, ` ${f.name}`));
  const row = (f) => h("li", {}, f.state === "done" && (f.files.length || f.name === "all") ? h("a", { href: `${api}/export/${f.name}`, download: true }, f.name) : f.name, " ",
    open(f) ? h("progress", { max: 1, value: f.share, "aria-label": `${f.name} is being made` }) : f.state === "done" ? null : make(f), " ", h("span", { class: "soft" }, f.reason ?? (f.name === "all" ? "every one of these, then everything in one zip" : words_of_exports[f.name])));
  place("revised").replaceChildren(...all.map(row));
  if (all.some(open)) setTimeout(() => { if (mine === asking) offerRevised().catch(complain); }, 1500);
}

// Cases of the same patient first; any other after a warning.
let others = [];
async function offerOthers() {
  const words = place("other-words").value;
  others = await ask("GET", `${api}/comparable?q=${encodeURIComponent(words)}`);
  if (!words) place("follow-up").hidden = !others.length;
  const option = (o) => h("option", { value: o.id }, `${o.number} ${o.title}${o.age_years === null ? "" : `, ${Math.round(o.age_years)} y`}${o.compared ? " (compared)" : ""}`);
  const group = (label, all) => (all.length ? [h("optgroup", { label }, ...all.map(option))] : []);
  place("other").replaceChildren(...group("The same patient", others.filter((o) => o.same_patient)), ...group("Not known to be the same patient", others.filter((o) => !o.same_patient)));
  warn();
}

function warn() {
  const other = others.find((o) => o.id === place("other").value);
  place("compare-go").disabled = !other;
  place("other-warning").classList.toggle("caution", !!other && !other.same_patient);
  place("other-warning").textContent = !other ? "No case fits." : other.same_patient ? "Its header names the same patient." : "Not known to be the same patient: look at the name before you compare. Headers and heads are checked, and two people are refused.";
}

function listenToCompare() {
  let pause = 0;
  place("other-words").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(() => offerOthers().catch(complain), 200); });
  place("other").addEventListener("change", warn);
  place("compare").addEventListener("submit", async (event) => {
    const other = others.find((o) => o.id === place("other").value);
    if (!MAY_EDIT || !other || other.compared) return;  // just look
    event.preventDefault();
    try {
      await ask("POST", `${api}/comparisons/${other.id}`, {});
      location.href = `/compare?a=${id}&b=${other.id}`;
    } catch (fault) { complain(fault); }
  });
}

async function begin() {
  [words, view] = await Promise.all([ask("GET", "/api/words"), ask("GET", `${api}/files/viewer/view.json`)]);
  nameSites(words.sites);
  patient.fill(words);
  deposits.fill(words);
  await refresh();
  openViewer().catch(complain);
  offerOthers().catch(complain);
  offerFormats().catch(complain);
  offerRevised().catch(complain);
}

place("undo").addEventListener("click", undo);
place("retry").addEventListener("click", () => ask("POST", `${api}/retry`).catch(complain));
listenToTools();
listenToKeys();
listenToCompare();
if (root.dataset.state === "done") begin().catch(complain); else wait();
