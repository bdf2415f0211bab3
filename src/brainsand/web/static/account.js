import { ask, complain, h, moment } from "./app.js";

async function load() {
  const all = await ask("GET", "/api/tokens");
  document.getElementById("tokens").replaceChildren(...all.map((t) => h("li", {}, `${t.label} `, h("span", { class: "soft" }, `until ${moment(t.expires_at)} `),
    h("button", { type: "button", class: "small", onclick: () => ask("DELETE", `/api/tokens/${t.id}`).then(load, complain) }, "Drop", h("span", { class: "hidden" }, ` ${t.label}`)))));
}

const form = document.getElementById("token");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const made = await ask("POST", "/api/tokens", { label: form.elements.label.value });
    document.getElementById("secret").textContent = made.secret;
    form.reset();
    await load();
  } catch (fault) { complain(fault); }
});
load().catch(complain);
