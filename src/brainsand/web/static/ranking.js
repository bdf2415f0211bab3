// Possible causes, what moved them, and the question that would tell most.
import { h, MAY_EDIT, percent, plain, svg } from "./app.js";

const place = (name) => document.getElementById(name);
const MOST = 7;

export class Ranking {
  constructor({ answer }) { this.answer = answer; this.before = new Map(); }

  show(reading) {
    const d = reading.record.differential, groups = d.groups.slice(0, MOST);
    const was = new Map(reading.moved.map((m) => [m.id, m.before]));
    const open = new Set([...place("ranking").querySelectorAll("details[open]")].map((x) => x.dataset.id));
    place("ranking").replaceChildren(...groups.map((g) => this.group(g, was.get(g.id), open.has(g.id))));
    place("unexplained").textContent = d.unexplained.length ? `Not explained by the first: ${d.unexplained.join("; ")}.` : "";
    this.moved(reading);
    this.known = new Set((reading.record.patient.labs ?? []).map((lab) => lab.analyte));
    this.question(reading.questions);
  }

  group(g, was, open) {
    const bar = svg("svg", { class: "track", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "back", x: 0, y: 0, width: 100, height: 8 }), svg("rect", { class: "now", x: 0, y: 0, width: Math.max(0.6, 100 * g.probability), height: 8 }));
    if (was !== undefined) bar.append(svg("rect", { class: "was", x: Math.max(0, 100 * was - 0.4), y: 0, width: 0.8, height: 8 }));
    const change = was === undefined ? null : h("span", { class: "treat" }, ` from ${percent(was)}`);
    const treat = { yes: "treatable", true: "treatable", partly: "partly treatable", preventable: "preventable" }[String(g.treatable)];
    return h("li", {}, h("details", { "data-id": g.id, open }, h("summary", {}, h("span", {}, g.name, treat ? h("span", { class: "treat" }, ` ${treat}`) : null), h("span", { class: "chance" }, percent(g.probability), change), bar), this.inside(g)));
  }

  inside(g) {
    const rows = [...(g.evidence ?? []), ...(g.against ?? [])].sort((a, b) => Math.abs(Math.log(b.likelihood_ratio)) - Math.abs(Math.log(a.likelihood_ratio))).slice(0, 10);
    const genes = (g.members ?? []).filter((m) => m.gene && m.probability >= 0.01).slice(0, 5).map((m) => `${m.gene} ${percent(m.probability)}`);
    const treatment = g.treatment ?? [];
    const cure = treatment.length ? h("p", {}, `If it is ${treatment[0].condition}: `, ...treatment.flatMap((t) => [`${t.words} `, h("span", { class: "soft" }, `[${t.source.join(", ") || t.basis}] `)])) : null;
    return h("div", {}, genes.length ? h("p", { class: "soft" }, `Genes: ${genes.join(", ")}`) : null, cure,
      rows.length ? h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Finding"), h("th", { scope: "col", class: "num" }, "Weight"), h("th", { scope: "col" }, "From"))), h("tbody", {}, ...rows.map((r) => h("tr", {}, h("td", {}, r.words), h("td", { class: "num" }, `×${ratio(r.likelihood_ratio)}`), h("td", { class: "soft" }, [r.frequency, ...(r.source ?? []).slice(0, 2)].filter(Boolean).join("; ")))))) : h("p", { class: "soft" }, "Nothing speaks either way."));
  }

  moved(reading) {
    const rows = reading.version === 0 ? [] : reading.moved.slice(0, 3);
    place("moved").replaceChildren(...rows.map((m) => h("div", {}, h("strong", {}, m.name), ` ${percent(m.before)} → ${percent(m.after)}`, m.because.length ? `: ${m.because.map((b) => `${b.words} ×${ratio(b.factor)}`).join(", ")}` : "")));
  }

  question(all) {
    const best = all.find((q) => q.about !== "gene") ?? all[0];
    if (!best || best.bits < 0.005) { place("ask").replaceChildren(h("p", { class: "soft" }, "Nothing left to ask would change much.")); return; }
    const others = all.filter((q) => q !== best).slice(0, 3);
    place("ask").replaceChildren(h("p", {}, h("strong", {}, best.words), h("span", { class: "soft" }, ` ${best.bits.toFixed(2)} bits`)), MAY_EDIT ? this.ways(best) : "",
      others.length ? h("p", { class: "soft" }, `Then: ${others.map((q) => q.words).join("; ")}`) : "");
  }

  ways(q) {
    const say = (words, answer) => h("button", { type: "button", class: "small", onclick: () => this.answer(answer) }, words);
    if (q.about === "symptom") return h("div", { class: "buttons" }, say("Present", { about: "symptom", id: q.key, label: q.words, excluded: false }), say("Absent", { about: "symptom", id: q.key, label: q.words, excluded: true }));
    if (q.about === "history") return h("div", { class: "buttons" }, say("Yes", { about: "history", word: q.key }));
    if (q.about !== "lab") return "";
    const flags = q.outcomes[0].includes("negative") ? ["negative", "positive"] : ["low", "normal", "high"];
    return h("div", { class: "lab" }, q.key.split("+").filter((name) => !this.known.has(name)).flatMap((name) => [h("span", {}, plain(name)), h("span", { class: "group" }, ...flags.map((flag) => h("button", { type: "button", class: "small", "aria-label": `${plain(name)} ${flag}`, onclick: () => this.answer({ about: "lab", analyte: name, flag }) }, flag)))]));
  }
}

const ratio = (x) => (x >= 10 ? x.toFixed(0) : Number(x.toPrecision(2)).toString());
