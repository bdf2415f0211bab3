// What every page needs: asking the server, making elements without ever parsing text as HTML, and saying things.

const CSRF = document.querySelector("meta[name=csrf]").content;
export const ROLE = document.querySelector("meta[name=role]").content;
export const MAY_EDIT = ROLE === "editor" || ROLE === "admin";

export class Refused extends Error {
  constructor(status, error) {
    super([error.words, error.todo].filter(Boolean).join(" "));
    this.status = status;
    this.code = error.code;
  }
}

// Who logs out wants nothing more of what was asked before.
const here = new AbortController();

export async function ask(method, path, body, signal = here.signal) {
  const headers = { "X-CSRF-Token": CSRF };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
  });
  return answered(answer);
}

export async function sendFile(path, file) {
  return answered(await fetch(path, { method: "PUT", headers: { "X-CSRF-Token": CSRF }, body: file }));
}

async function answered(answer) {
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({ error: { code: "?", words: `The server answered ${answer.status}.`, todo: "" } }));
  if (answer.ok) return told;
  if (answer.status === 401 && location.pathname !== "/login") location.href = "/login";
  throw new Refused(answer.status, told.error);
}

// h("p", {class: "soft"}, "words", node): attributes and text only; nothing is parsed.
export function h(tag, attributes = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...inside.flat().filter((x) => x !== null && x !== undefined && x !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
export function svg(tag, attributes = {}, ...inside) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...inside);
  return node;
}

let silence = 0;
export function say(words, act) {
  const place = document.getElementById("said");
  place.replaceChildren(words);
  if (act) place.append(h("button", { type: "button", onclick: () => { place.classList.remove("on"); act.run(); } }, act.words));
  place.classList.add("on");
  clearTimeout(silence);
  silence = setTimeout(() => place.classList.remove("on"), act ? 9000 : 6000);
}

export function complain(fault) {
  if (here.signal.aborted) return;
  say(fault instanceof Refused ? fault.message : `Something went wrong: ${fault.message || fault}`);
}

export const plain = (word) => String(word).replaceAll("_", " ");
export const siteWords = (site, side) => (side === "left" || side === "right" ? `${side} ` : "") + plain(site);
export const KINDS = { ectopic: "ectopic", indeterminate: "indeterminate", age_related: "age-related", vascular: "vascular", physiologic: "physiologic" };
export const LEVELS = { none: "none", incidental: "incidental", follow_up: "follow up", work_up: "work up", urgent: "urgent" };
export const swatch = (kind) => h("i", { class: `swatch ${kind}`, "aria-hidden": "true" });
export const percent = (p) => (p > 0.99 ? "> 99 %" : p > 0 && p < 0.01 ? "< 1 %" : `${Math.round(100 * p)} %`);
export const moment = (s) => (s ? new Date(1000 * s).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "");

export function figure(value, like) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(like ?? value);
  return value.toFixed(size >= 10 ? 0 : size >= 1 ? 1 : 2);
}

export function inText(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input,textarea,select,dialog,[contenteditable]");
}

document.getElementById("logout")?.addEventListener("click", async () => {
  here.abort();
  try { await ask("POST", "/api/logout", undefined, null); } finally { location.href = "/login"; }
});
