// Sheets that lie over the page: dialogs that close by Escape, by their button, or by a click beside them.

import { byId } from "./dom.js";

export function openSheet(id) {
  const sheet = byId(id);
  if (sheet.open) return;
  sheet.showModal();
  if (sheet.dataset.known) return;
  sheet.dataset.known = "yes";
  sheet.querySelector("[data-close]").addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
}
