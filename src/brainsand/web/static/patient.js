// What is known of the patient: every change is kept at once, and the ranking follows.
import { h, MAY_EDIT, plain } from "./app.js";
import { symptomBox } from "./symptoms.js";

const place = (name) => document.getElementById(name);

export class Patient {
  constructor({ save }) { this.save = save; this.facts = {}; }

  fill(words) {
    this.words = words;
    const analytes = new Map(words.analytes.map((a) => [a.id, a]));
    this.names = { analyte: (id) => analytes.get(id)?.name ?? plain(id), history: new Map(words.history.map((w) => [w.id, w.name])) };
    this.analytes = analytes;
    this.build();
  }

  show(record) {
    const kept = Object.entries(record).filter(([, v]) => v !== null && !(Array.isArray(v) && !v.length));
    this.facts = Object.fromEntries(kept);
    this.facts.phenotype = (record.phenotype ?? []).map(({ onset_years, ...term }) => term);
    this.draw();
  }

  change(change) { this.facts = { ...this.facts, ...change }; this.draw(); return this.save(clean(this.facts)); }
  list(name) { return this.facts[name] ?? []; }
  add(name, item) { return this.change({ [name]: [...this.list(name), item] }); }
  drop(name, i) { return this.change({ [name]: this.list(name).filter((_, k) => k !== i) }); }

  answer(a) {
    if (a.about === "symptom") this.symptom({ id: a.id, label: a.label, excluded: a.excluded });
    if (a.about === "history") this.add("history", a.word);
    if (a.about === "lab") this.lab({ analyte: a.analyte, flag: a.flag });
  }

  symptom(term) { return this.change({ phenotype: [...this.list("phenotype").filter((t) => t.id !== term.id), term] }); }
  lab(row) { return this.change({ labs: [...this.list("labs").filter((l) => l.analyte !== row.analyte), row] }); }

  build() {
    const part = (legend, ...inside) => h("fieldset", { disabled: !MAY_EDIT }, h("legend", {}, legend), ...inside);
    const select = (attributes, all, first) => h("select", attributes, first === undefined ? null : h("option", { value: "" }, first), ...all.map((x) => h("option", { value: x.id ?? x }, x.name ?? plain(x))));
    this.age = h("input", { type: "number", min: 0, max: 130, step: "any", onchange: () => this.change({ age_years: this.age.value === "" ? null : Number(this.age.value) }) });
    this.sex = select({ onchange: () => this.change({ sex: this.sex.value || null }) }, [{ id: "F", name: "female" }, { id: "M", name: "male" }, { id: "U", name: "other" }], "not said");
    this.chips = Object.fromEntries(["phenotype", "labs", "history", "family", "variants"].map((name) => [name, h("ul", { class: "chips" })]));
    place("patient").replaceChildren(
      part("Person", h("div", { class: "fields" }, h("label", {}, "Age, years", this.age), h("label", {}, "Sex", this.sex))),
      part("Symptoms", symptomBox((hit, excluded) => this.symptom({ id: hit.id, label: hit.name, excluded })), this.chips.phenotype),
      part("Laboratory", this.labForm(select), this.chips.labs),
      part("History", h("div", { class: "fields" }, this.historyForm(select)), this.chips.history),
      part("Family", this.familyForm(select), this.chips.family),
      part("Variants", this.variantForm(select), this.chips.variants));
  }

  labForm(select) {
    const analyte = select({ class: "wide" }, this.words.analytes), value = h("input", { type: "number", step: "any", class: "narrow" }), unit = h("select", { class: "narrow" }), flag = select({ class: "narrow" }, this.words.flags, "by value");
    const fit = () => { const a = this.analytes.get(analyte.value); unit.replaceChildren(...a.units.map((u) => h("option", {}, u))); value.disabled = unit.disabled = a.kind !== "number"; };
    analyte.addEventListener("change", fit);
    fit();
    const add = () => {
      const row = { analyte: analyte.value };
      if (value.value !== "" && !value.disabled) Object.assign(row, { value: Number(value.value), unit: unit.value });
      if (flag.value) row.flag = flag.value;
      if (row.flag || row.value !== undefined) { this.lab(row); value.value = ""; flag.value = ""; }
    };
    return h("div", { class: "fields" }, h("label", {}, "Test", analyte), h("label", {}, "Value", value), h("label", {}, "Unit", unit), h("label", {}, "or", flag), h("button", { type: "button", onclick: add }, "Add test"));
  }

  historyForm(select) {
    const word = select({ class: "wide", "aria-label": "Add to the history" }, this.words.history, "Add…");
    word.addEventListener("change", () => { if (word.value && !this.list("history").includes(word.value)) this.add("history", word.value); word.value = ""; });
    return word;
  }

  familyForm(select) {
    const family = (change) => this.change({ family: { ...(this.facts.family ?? {}), ...change } });
    const relative = select({}, this.words.relatives, "Add…");
    relative.addEventListener("change", () => { if (relative.value) family({ affected_relatives: [...new Set([...(this.facts.family?.affected_relatives ?? []), relative.value])] }); relative.value = ""; });
    this.inheritance = select({ onchange: () => family({ inheritance: this.inheritance.value || undefined }) }, this.words.inheritance, "not said");
    this.consanguinity = select({ onchange: () => family({ consanguinity: { yes: true, no: false }[this.consanguinity.value] }) }, ["yes", "no"], "not said");
    return h("div", { class: "fields" }, h("label", {}, "Affected", relative), h("label", {}, "Inheritance", this.inheritance), h("label", {}, "Parents related", this.consanguinity));
  }

  variantForm(select) {
    const gene = h("input", { class: "narrow", list: "genes" }), hgvs = h("input", { class: "wide", placeholder: "NM_…:c.…" }), zygosity = select({}, this.words.zygosities, "not said"), acmg = select({}, this.words.acmg, "not said");
    const add = () => { if (gene.value.trim()) { this.add("variants", Object.fromEntries([["gene", gene.value.trim()], ["hgvs", hgvs.value.trim()], ["zygosity", zygosity.value], ["acmg", acmg.value]].filter(([, v]) => v))); gene.value = hgvs.value = ""; } };
    return h("div", { class: "fields" }, h("label", {}, "Gene", gene, h("datalist", { id: "genes" }, ...this.words.genes.map((g) => h("option", { value: g })))), h("label", {}, "Variant", hgvs), h("label", {}, "Zygosity", zygosity), h("label", {}, "ACMG", acmg), h("button", { type: "button", onclick: add }, "Add variant"));
  }

  draw() {
    if (!this.chips) return;
    this.age.value = this.facts.age_years ?? "";
    this.sex.value = this.facts.sex ?? "";
    this.inheritance.value = this.facts.family?.inheritance ?? "";
    this.consanguinity.value = { true: "yes", false: "no" }[String(this.facts.family?.consanguinity)] ?? "";
    const chip = (words, drop, extra, absent) => h("li", { class: absent ? "chip absent" : "chip" }, words, extra, MAY_EDIT ? h("button", { type: "button", "aria-label": `Remove ${words}`, onclick: drop }, "×") : null);
    this.chips.phenotype.replaceChildren(...this.list("phenotype").map((t, i) => chip(`${t.excluded ? "no " : ""}${t.label ?? t.id}`, () => this.drop("phenotype", i),
      MAY_EDIT ? h("button", { type: "button", title: t.excluded ? "Say that it is present" : "Say that it is absent", "aria-label": `Say that ${t.label ?? t.id} is ${t.excluded ? "present" : "absent"}`, onclick: () => this.symptom({ ...t, excluded: !t.excluded }) }, "⇄") : null, t.excluded)));
    this.chips.labs.replaceChildren(...this.list("labs").map((l, i) => chip([this.names.analyte(l.analyte), l.value, l.unit, l.flag].filter((x) => x !== undefined && x !== null).join(" "), () => this.drop("labs", i))));
    this.chips.history.replaceChildren(...this.list("history").map((w, i) => chip(this.names.history.get(w) ?? plain(w), () => this.drop("history", i))));
    const relatives = this.facts.family?.affected_relatives ?? [];
    this.chips.family.replaceChildren(...relatives.map((r, i) => chip(plain(r), () => this.change({ family: { ...this.facts.family, affected_relatives: relatives.filter((_, k) => k !== i) } }))));
    this.chips.variants.replaceChildren(...this.list("variants").map((v, i) => chip([v.gene, v.hgvs, v.acmg].filter(Boolean).join(" "), () => this.drop("variants", i))));
  }
}

// A patient file's fields: what is empty is left out.
function clean(value) {
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== null && v !== undefined && v !== "" && !(Array.isArray(v) && !v.length)).map(([k, v]) => [k, clean(v)]));
}
