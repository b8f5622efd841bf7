// Invitations for guests: who has one, a new one with its address to copy, and how to take one back.

import { ask, askIfThere } from "../shared/api.js";
import { KeyedList, attempt, byId, element, setHidden, setText } from "../shared/dom.js";
import { comingDay, moment } from "./phrases.js";

export class Invitations {
  constructor() {
    this.list = new KeyedList(byId("invitation-list"), () => new Row(this));
    byId("invite").addEventListener("click", () => this.#invite());
    byId("invitation-name").addEventListener("keydown", (event) => event.key === "Enter" && this.#invite());
    byId("copy-url").addEventListener("click", () => this.#copy());
    byId("settings").addEventListener("close", () => this.#forget());
  }

  // Shows them; whether this node has invitations at all.
  async load() {
    const answer = await askIfThere("GET", "/invitations").catch(() => null);
    setHidden(byId("invitations"), !answer);
    if (answer) this.list.show(answer.invitations, (each) => each.invitation_id);
    return Boolean(answer);
  }

  async act(work) {
    await attempt(byId("invitations-trouble"), async () => {
      await work();
      await this.load();
    });
  }

  #invite() {
    return this.act(async () => {
      const days = byId("invitation-days");
      if (!days.checkValidity() || !days.value) throw new Error("The days must be a whole number from 1 to 3650.");
      const wanted = { days: Number(days.value), plain: byId("invitation-plain").checked };
      await this.#make({ name: byId("invitation-name").value.trim(), ...wanted });
      byId("invitation-name").value = "";
    });
  }

  // A new one for the same friend, in place of one that is good for nothing now.
  renew(path, name) {
    return this.act(async () => {
      await this.#make({ name });
      await ask("DELETE", path);
    });
  }

  async #make(wanted) {
    const { url, expires_at: expires } = await ask("POST", "/invitations", wanted);
    byId("invitation-url").value = url;
    setText(byId("invitation-until"), `It expires ${comingDay(expires)}.`);
    setHidden(byId("invited"), false);
    byId("invitation-url").select();
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
    byId("invitation-days").value = "30";
    byId("invitation-plain").checked = false;
    setHidden(byId("invited"), true);
  }
}

class Row {
  constructor(invitations) {
    this.name = element("span", { class: "name" });
    this.used = element("span", { class: "quiet small" });
    this.take = element("button", { type: "button", onclick: () => invitations.act(() => ask("DELETE", this.path)) }, "Revoke");
    this.renew = element("button", { type: "button", onclick: () => invitations.renew(this.path, this.given) }, "Make a new one");
    this.element = element("li", {}, this.name, this.used, this.renew, this.take);
  }

  update({ invitation_id: id, name, created_at: created, last_used_at: used, expires_at: expires, expired, plain, of_old_identity: old }) {
    this.path = `/invitations/${encodeURIComponent(id)}`;
    this.given = name;
    setText(this.name, name || "Without a name");
    const facts = [used ? `used ${moment(used)}` : `made ${moment(created)}, not used yet`];
    if (old) facts.push("no longer valid, since this PC has a new identity");
    else facts.push(expired ? `expired ${moment(expires)}` : `expires ${comingDay(expires)}`);
    if (plain) facts.push("over plain HTTP");
    setText(this.used, facts.join(", "));
    setHidden(this.renew, !old);
    this.renew.setAttribute("aria-label", `Make a new invitation for ${name || "nobody"}`);
    this.take.setAttribute("aria-label", `Revoke the invitation of ${name || "nobody"}`);
  }
}
