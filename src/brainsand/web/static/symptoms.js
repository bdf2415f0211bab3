// Symptoms by typing words: a combobox (WAI-ARIA 1.2) over HPO's names and synonyms.
import { ask, complain, h } from "./app.js";

export function symptomBox(chosen) {
  const list = h("ul", { id: "hits", role: "listbox", "aria-label": "Symptoms that fit", hidden: true });
  const input = h("input", { id: "symptom", type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": "hits", "aria-autocomplete": "list", "aria-label": "Symptom, in any words", placeholder: "stiffness, fits, low calcium…", autocomplete: "off" });
  const absent = h("input", { type: "checkbox", id: "symptom-absent" });
  let hits = [], at = -1, pause = 0, asked = 0;

  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); at = -1; };
  const pick = (i) => { const hit = hits[i]; if (!hit) return; chosen(hit, absent.checked); input.value = ""; absent.checked = false; close(); input.focus(); };
  const mark = (i) => {
    at = Math.max(0, Math.min(hits.length - 1, i));
    [...list.children].forEach((li, k) => li.setAttribute("aria-selected", String(k === at)));
    input.setAttribute("aria-activedescendant", `hit-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const search = async () => {
    const mine = ++asked, text = input.value.trim();
    if (text.length < 2) { close(); return; }
    try {
      const found = await ask("GET", `/api/terms?q=${encodeURIComponent(text)}&most=8`);
      if (mine !== asked) return;
      hits = found;
    } catch (fault) { complain(fault); return; }
    list.replaceChildren(...hits.map((hit, i) => h("li", { id: `hit-${i}`, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); pick(i); } }, hit.name, hit.matched !== hit.name ? h("small", {}, hit.matched) : null)));
    list.hidden = !hits.length;
    input.setAttribute("aria-expanded", String(hits.length > 0));
    if (hits.length) mark(0);
  };

  input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(search, 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); if (hits.length) mark(at + (event.key === "ArrowDown" ? 1 : -1)); }
    if (event.key === "Enter") { event.preventDefault(); if (!list.hidden) pick(at); }
    if (event.key === "Escape") close();
  });
  return h("div", {}, h("div", { class: "combo" }, input, list), h("label", {}, absent, " looked for and absent"));
}
