// Two cases side by side: two viewers, one crosshair.
import { ask, complain } from "./app.js";
import { canShow, nameSites, Viewer } from "./viewer.js";

async function begin() {
  if (!canShow()) return;
  nameSites((await ask("GET", "/api/words")).sites);
  const viewers = [];
  for (const [i, part] of [...document.querySelectorAll("[data-id]")].entries()) {
    const reading = await ask("GET", `/api/cases/${part.dataset.id}/reading`);
    const viewer = new Viewer(document.getElementById(`gl${i + 1}`), part.dataset.id, { told: () => {}, chosen: () => {} });
    await viewer.open("straight", new Map(reading.record.deposits.map((d) => [d.id, d.kind])));
    viewers.push(viewer);
  }
  viewers[0].nv.broadcastTo(viewers[1].nv, { "2d": true, "3d": true });
  viewers[1].nv.broadcastTo(viewers[0].nv, { "2d": true, "3d": true });
}

begin().catch(complain);
