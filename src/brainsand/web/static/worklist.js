// The worklist: drop and watch, search and filter, keys.
import { ask, complain, h, inText, KINDS, LEVELS, moment, percent, plain, say, swatch } from "./app.js";
import { listen } from "./demos.js";
import { filesOfDrop, send } from "./upload.js";

const rows = document.getElementById("rows"), drop = document.getElementById("drop"), more = document.getElementById("more");
const fields = ["q", "state", "level", "order"].map((name) => document.getElementById(name));
let next = null, at = -1, asked = 0;

function query(after) {
  const words = new URLSearchParams({ limit: "50" });
  for (const field of fields) if (field.value) words.set(field.id, field.value);
  if (after) words.set("after", after);
  return `/api/cases?${words}`;
}

async function load(after) {
  const mine = ++asked;
  try {
    const page = await ask("GET", query(after));
    if (mine !== asked) return;
    const made = page.rows.map(rowOf);
    if (after) rows.append(...made); else { rows.replaceChildren(...made); at = -1; }
    next = page.next;
    more.hidden = !next;
    document.getElementById("empty").hidden = rows.children.length > 0 || !!document.getElementById("first");
  } catch (fault) { complain(fault); }
}

function rowOf(row) {
  return h("tr", { id: `case-${row.id}` },
    h("td", {}, picture(row)),
    h("td", {}, h("a", { class: "title", href: `/cases/${row.id}` }, row.title), h("div", { class: "soft" },
      `${row.number} · ${moment(row.put_at)}${row.age_years === null ? "" : ` · ${Math.round(row.age_years)} y`}${row.sex ? ` ${row.sex}` : ""}${row.edits ? ` · ${row.edits} corrections` : ""}`)),
    h("td", { class: "finding-cell" }, h("div", { class: "words", title: row.headline }, row.headline || row.reason || ""), row.cause ? h("div", { class: "soft" }, `${row.cause} ${percent(row.cause_share)}`) : null),
    h("td", {}, h("div", { class: "badges" }, badges(row))),
    h("td", {}, row.level ? h("span", { class: `level ${row.level}` }, LEVELS[row.level]) : ""),
    h("td", { class: "state" }, state(row)));
}

function picture(row) {
  const shown = row.state === "done" ? "viewer/thumbnail.png" : "preview.png";
  const image = h("img", { src: `/api/cases/${row.id}/files/${shown}`, alt: "", loading: "lazy", width: 64, height: 64 });
  image.addEventListener("error", () => {
    image.replaceWith(h("div", { class: "none" }));
    if (row.state !== "done" && row.state !== "failed") setTimeout(() => renew(row.id), 900);
  }, { once: true });
  return image;
}

async function renew(id) {
  const old = document.getElementById(`case-${id}`);
  if (old) try { replace(await ask("GET", `/api/cases/${id}`)); } catch { old.remove(); }
}

function badges(row) {
  const most = row.sites.slice(0, 4).map((b) => h("span", { class: "badge" }, swatch(b.kind), h("span", { class: "hidden" }, `${KINDS[b.kind]} `), plain(b.site)));
  return row.sites.length > 4 ? [...most, h("span", { class: "badge" }, `+${row.sites.length - 4}`)] : most;
}

function state(row) {
  if (row.state === "running" || row.state === "queued")
    return [h("div", {}, row.stage ? plain(row.stage) : row.state), h("progress", { max: 1, value: row.share, "aria-label": `Analysis of ${row.title}` })];
  return row.state === "failed" ? [h("strong", {}, "failed"), h("div", { class: "soft" }, row.remedy || "")] : row.state;
}

function replace(row) {
  const old = document.getElementById(`case-${row.id}`);
  const made = rowOf(row);
  if (old) { if (old.classList.contains("at")) made.classList.add("at"); old.replaceWith(made); }
  else if (!fields.some((f) => f.value && f.id !== "order") && document.getElementById("order").value === "newest") { rows.prepend(made); if (at >= 0) at++; }
  document.getElementById("first")?.remove();
  document.getElementById("cases").hidden = false;
  document.getElementById("empty").hidden = true;
}

function watch() {
  const stream = new EventSource("/api/events");
  stream.addEventListener("case", (event) => replace(JSON.parse(event.data)));
}

async function take(files, title) {
  if (!files.length) { say("Nothing came along. Drop the folder or files of a head CT."); return; }
  const place = document.getElementById("sending"), bar = document.getElementById("sent");
  place.hidden = false;
  try {
    const made = await send(files, title, (share, count) => {
      bar.value = share;
      document.getElementById("sent-words").textContent = `Sending ${count} file${count === 1 ? "" : "s"}: ${Math.round(100 * share)} %`;
    });
    say(`Case ${made.number} is in the queue.`, { words: "Open it", run: () => { location.href = `/cases/${made.id}`; } });
    await renew(made.id);
    replace(await ask("GET", `/api/cases/${made.id}`));
  } catch (fault) { complain(fault); }
  place.hidden = true;
}

function listenToDrops() {
  document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const found = await filesOfDrop(event);
    take(found.files, found.title);
  });
  for (const name of ["files", "folder"]) {
    const input = document.getElementById(name);
    document.getElementById(`pick-${name}`).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const files = [...input.files], path = files[0]?.webkitRelativePath || files[0]?.name || "";
      take(files, path.split("/")[0]);
      input.value = "";
    });
  }
}

function move(by) {
  const all = [...rows.children];
  if (!all.length) return;
  all[at]?.classList.remove("at");
  at = Math.max(0, Math.min(all.length - 1, at + by));
  all[at].classList.add("at");
  all[at].querySelector("a").focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (inText(event)) return;
  if (event.key === "/") { event.preventDefault(); fields[0].focus(); }
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
});
let pause = 0;
fields[0].addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(() => load(), 180); });
for (const field of fields.slice(1)) field.addEventListener("change", () => load());
document.getElementById("filter").addEventListener("submit", (event) => { event.preventDefault(); load(); });
more.addEventListener("click", () => load(next));
listenToDrops();
listen(async (made) => replace(await ask("GET", `/api/cases/${made.id}`)));
load().then(watch);
