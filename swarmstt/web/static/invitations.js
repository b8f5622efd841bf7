// Invitations for guests: who has one, a new one with its address to copy, and how to take one back.

import { ask, askIfThere } from "./api.js";
import { KeyedList, byId, element, setHidden, setText } from "./dom.js";
import { moment } from "./words.js";

export class Invitations {
  constructor() {
    this.list = new KeyedList(byId("invitation-list"), () => new Row(this));
    byId("invite").addEventListener("click", () => this.#invite());
    byId("invitation-name").addEventListener("keydown", (event) => event.key === "Enter" && this.#invite());
    byId("copy-url").addEventListener("click", () => this.#copy());
    byId("settings").addEventListener("close", () => this.#forget());
  }

  // Whether this node has invitations at all.
  async look() {
    const told = await askIfThere("GET", "/invitations").catch(() => null);
    setHidden(byId("invitations"), !told);
    if (told) this.list.show(told.invitations, (each) => each.invitation_id);
    return Boolean(told);
  }

  async act(work) {
    let trouble = "";
    try {
      await work();
      await this.look();
    } catch (error) {
      trouble = error.message;
    }
    setText(byId("invitations-trouble"), trouble);
    setHidden(byId("invitations-trouble"), !trouble);
  }

  #invite() {
    return this.act(async () => {
      const { url } = await ask("POST", "/invitations", { name: byId("invitation-name").value.trim() });
      byId("invitation-name").value = "";
      byId("invitation-url").value = url;
      setHidden(byId("invited"), false);
      byId("invitation-url").select();
    });
  }

  async #copy() {
    byId("invitation-url").select();
    try {
      await navigator.clipboard.writeText(byId("invitation-url").value);
      setText(byId("copy-url"), "Copied");
    } catch {
      setText(byId("copy-url"), "Press Ctrl+C");
    }
  }

  #forget() {
    byId("invitation-url").value = "";
    setText(byId("copy-url"), "Copy");
    setHidden(byId("invited"), true);
  }
}

class Row {
  constructor(invitations) {
    this.name = element("span", { class: "name" });
    this.used = element("span", { class: "quiet small" });
    this.take = element("button", { type: "button", onclick: () => invitations.act(() => ask("DELETE", this.path)) }, "Take back");
    this.element = element("li", {}, this.name, this.used, this.take);
  }

  update({ invitation_id: id, name, created_at: created, last_used_at: used }) {
    this.path = `/invitations/${encodeURIComponent(id)}`;
    setText(this.name, name || "Without a name");
    setText(this.used, used ? `used ${moment(used)}` : `made ${moment(created)}, not used yet`);
    this.take.setAttribute("aria-label", `Take back the invitation of ${name || "nobody"}`);
  }
}
