// Dialogs over the page: they close by Escape, by their button, or by a click beside them.

import { byId } from "../shared/dom.js";

export function openDialog(id) {
  const dialog = byId(id);
  if (dialog.open) return;
  dialog.showModal();
  if (dialog.dataset.known) return;
  dialog.dataset.known = "yes";
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
