import { ask } from "./app.js";

const form = document.getElementById("login");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await ask("POST", "/api/login", { name: form.elements.name.value, password: form.elements.password.value });
    location.href = "/";
  } catch (fault) { document.getElementById("wrong").textContent = fault.message; }
});
