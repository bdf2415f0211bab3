// Buttons that make a virtual patient.
import { ask, complain, say } from "./app.js";

export function listen(then) {
  for (const button of document.querySelectorAll(".demo")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      say("A virtual patient is being made…");
      try {
        const made = await ask("POST", "/api/demo", { preset: button.dataset.preset, seed: Math.floor(Math.random() * 1e6) });
        then(made);
      } catch (fault) { complain(fault); }
      button.disabled = false;
    });
  }
}

if (!document.getElementById("drop")) listen((made) => { location.href = `/cases/${made.id}`; });
