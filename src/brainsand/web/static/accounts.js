import { ask } from "./app.js";

const wrong = document.getElementById("wrong");
const done = (work) => work.then(() => location.reload(), (fault) => { wrong.textContent = fault.message; });

for (const select of document.querySelectorAll("select.role"))
  select.addEventListener("change", () => done(ask("PATCH", `/api/accounts/${select.dataset.name}`, { role: select.value })));
for (const button of document.querySelectorAll("button.active"))
  button.addEventListener("click", () => done(ask("PATCH", `/api/accounts/${button.dataset.name}`, { active: button.dataset.active !== "yes" })));
const form = document.getElementById("add");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  done(ask("POST", "/api/accounts", Object.fromEntries(new FormData(form))));
});
