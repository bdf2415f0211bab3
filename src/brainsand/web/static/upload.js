// Files dropped or chosen are sent one by one, four at a time; what arrived is not sent again.
import { ask, sendFile } from "./app.js";

const AT_ONCE = 4;

export async function filesOfDrop(event) {
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return { files: [...event.dataTransfer.files], title: event.dataTransfer.files[0]?.name };
  const files = [];
  for (const entry of entries) await gather(entry, files);
  return { files, title: entries[0].name };
}

async function gather(entry, files) {
  if (entry.isFile) { files.push(await new Promise((ok, no) => entry.file(ok, no))); return; }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((ok, no) => reader.readEntries(ok, no));
    if (!some.length) return;
    for (const inner of some) await gather(inner, files);
  }
}

export async function send(files, title, told) {
  const all = files.filter((file) => file.size > 0);
  const upload = await ask("POST", "/api/uploads", { title: title || all[0]?.name || "scan" });
  const whole = all.reduce((sum, file) => sum + file.size, 0);
  let sent = 0, next = 0;
  const one = async () => {
    while (next < all.length) {
      const number = next++;
      await withPatience(() => sendFile(`/api/uploads/${upload.id}/files/${number}?name=${encodeURIComponent(all[number].name)}`, all[number]));
      sent += all[number].size;
      told(sent / whole, all.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, one));
  return ask("POST", `/api/uploads/${upload.id}/finish`, {});
}

async function withPatience(work) {
  for (let attempt = 1; ; attempt++) {
    try { return await work(); } catch (fault) {
      if (attempt === 3 || (fault.status && fault.status < 500 && fault.status !== 408 && fault.status !== 429)) throw fault;
      await new Promise((ok) => setTimeout(ok, 1000 * attempt));
    }
  }
}
