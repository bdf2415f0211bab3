// The table of deposits, and the dialog that corrects one.
import { figure, h, KINDS, MAY_EDIT, plain, siteWords, swatch } from "./app.js";

const place = (name) => document.getElementById(name);
const dialog = place("correct"), form = dialog.querySelector("form");

export class Deposits {
  constructor({ fly, correct }) {
    this.fly = fly;
    this.correct = correct;
    this.rows = [];
    this.at = null;
    place("correct-save").addEventListener("click", () => this.save());
  }

  fill(words) {
    const options = (all, say) => all.map((name) => h("option", { value: name }, say(name)));
    form.elements.site.replaceChildren(...options(words.sites, plain));
    form.elements.side.replaceChildren(...options(words.sides, plain));
    form.elements.kind.replaceChildren(...options(words.kinds, (k) => KINDS[k]));
  }

  show(record) {
    this.rows = record.deposits;
    place("deposits").replaceChildren(...(this.rows.length ? this.rows.map((d) => this.row(d)) : [h("tr", {}, h("td", { colspan: 9, class: "soft" }, "None."))]));
    const gone = record.rejected ?? [];
    place("rejected").replaceChildren(...(gone.length ? [h("h3", {}, "Rejected"), h("ul", { class: "plain" }, ...gone.map((d) => this.gone(d)))] : []));
    if (this.at !== null) this.choose(this.at);
  }

  row(d) {
    const row = h("tr", { id: `deposit-${d.id}` },
      h("td", { class: "num" }, h("button", { type: "button", class: "fly", "aria-label": `Show deposit ${d.id} in the viewer`, onclick: () => this.fly(d.id) }, d.id)),
      h("td", {}, siteWords(d.site, d.side), d.lobe ? h("span", { class: "soft" }, `, ${d.lobe}`) : null, d.source === "reader" ? h("div", { class: "mine" }, "corrected") : null, d.note ? h("div", { class: "soft" }, d.note) : null),
      h("td", {}, h("details", {}, h("summary", {}, swatch(d.kind), KINDS[d.kind]), h("ul", {}, ...d.kind_reasons.map((r) => h("li", {}, r.words, h("br"), r.source)),
        h("li", {}, `Site: ${Object.entries(d.site_probabilities).slice(0, 3).map(([site, p]) => `${plain(site)} ${Math.round(100 * p)} %`).join(", ")}`)))),
      number(d.volume_mm3, d.volume_pm_mm3), number(d.mass_mg, d.mass_pm_mg), h("td", { class: "num" }, figure(d.peak_hu)), h("td", {}, d.morphology), h("td", { class: "num" }, figure(100 * d.confidence)),
      h("td", { class: "acts" }, MAY_EDIT ? [h("button", { type: "button", class: "small", "aria-label": `Correct deposit ${d.id}`, onclick: () => this.open(d.id) }, "Correct"), " ",
        h("button", { type: "button", class: "small", "aria-label": `Reject deposit ${d.id}`, onclick: () => this.reject(d.id) }, "Reject")] : null));
    row.addEventListener("click", (event) => { if (!event.target.closest("button,summary,details")) this.fly(d.id); });
    return row;
  }

  gone(d) {
    return h("li", {}, h("s", {}, `${d.id} ${siteWords(d.site, d.side)}, ${figure(d.volume_mm3 ?? d.threshold_volume_mm3)} mm³`), d.note ? ` ${d.note}` : "", " ",
      MAY_EDIT ? h("button", { type: "button", class: "small", "aria-label": `Take back deposit ${d.id}`, onclick: () => this.correct({ what: "accept", deposit: d.id }, `Deposit ${d.id} is back.`) }, "Take back") : null);
  }

  choose(number, scroll = false) {
    this.at = number;
    for (const row of place("deposits").children) row.classList.toggle("at", row.id === `deposit-${number}`);
    if (scroll) document.getElementById(`deposit-${number}`)?.scrollIntoView({ block: "nearest" });
  }

  step(by) {
    if (!this.rows.length) return;
    const i = this.rows.findIndex((d) => d.id === this.at);
    this.fly(this.rows[Math.max(0, Math.min(this.rows.length - 1, i + by))].id);
  }

  reject(number = this.at) {
    if (MAY_EDIT && this.rows.some((d) => d.id === number)) this.correct({ what: "reject", deposit: number }, `Deposit ${number} is rejected.`);
  }

  open(number = this.at) {
    const d = this.rows.find((row) => row.id === number);
    if (!d || !MAY_EDIT) return;
    this.opened = d;
    place("correct-number").textContent = d.id;
    for (const name of ["site", "side", "kind"]) form.elements[name].value = d[name];
    form.elements.note.value = d.note ?? "";
    place("correct-wrong").textContent = "";
    dialog.showModal();
  }

  async save() {
    const d = this.opened, said = Object.fromEntries(["site", "side", "kind", "note"].map((name) => [name, form.elements[name].value]));
    dialog.close();
    const what = [];
    if (said.site !== d.site || said.side !== d.side) what.push({ what: "site", site: said.site, side: said.side });
    if (said.kind !== d.kind) what.push({ what: "kind", kind: said.kind });
    if (said.note !== (d.note ?? "")) what.push({ what: "note", note: said.note });
    for (const body of what) await this.correct({ ...body, deposit: d.id }, `Deposit ${d.id} is corrected.`);
  }
}

function number(value, pm) {
  return h("td", { class: "num" }, figure(value), pm === null || value === null ? null : h("span", { class: "pm" }, ` ± ${figure(pm, value)}`));
}
