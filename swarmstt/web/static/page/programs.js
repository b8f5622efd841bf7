// Other programs that may send recordings: who may, a new address to copy, and how to take one back.

import { ask, askIfThere } from "../shared/api.js";
import { KeyedList, attempt, byId, element, setHidden, setText } from "../shared/dom.js";
import { moment } from "./phrases.js";

export class Programs {
  constructor() {
    this.list = new KeyedList(byId("program-list"), () => new Row(this));
    byId("add-program").addEventListener("click", () => this.#add());
    byId("program-name").addEventListener("keydown", (event) => event.key === "Enter" && this.#add());
    byId("copy-program-url").addEventListener("click", () => this.#copy());
    byId("settings").addEventListener("close", () => this.#forget());
  }

  // Shows them; whether this node takes recordings at all.
  async load() {
    const answer = await askIfThere("GET", "/programs").catch(() => null);
    setHidden(byId("programs"), !answer);
    if (answer) {
      this.list.show(answer.programs, (each) => each.program_id);
      setText(byId("programs-announced"), answer.announced ? "It is announced on this network (mDNS)." : "");
      setText(byId("own-program-url"), `${location.origin}/v1`);
    }
    return Boolean(answer);
  }

  async act(work) {
    await attempt(byId("programs-trouble"), async () => {
      await work();
      await this.load();
    });
  }

  #add() {
    return this.act(async () => {
      const { url } = await ask("POST", "/programs", {
        name: byId("program-name").value.trim(),
        origins: byId("program-origins").value.split(/[\s,]+/).filter(Boolean),
      });
      byId("program-name").value = byId("program-origins").value = "";
      byId("program-url").value = url;
      setHidden(byId("added-program"), false);
      byId("program-url").select();
    });
  }

  async #copy() {
    byId("program-url").select();
    try {
      await navigator.clipboard.writeText(byId("program-url").value);
      setText(byId("copy-program-url"), "Copied");
    } catch {
      setText(byId("copy-program-url"), "Press Ctrl+C");
    }
  }

  #forget() {
    byId("program-url").value = "";
    setText(byId("copy-program-url"), "Copy");
    setHidden(byId("added-program"), true);
  }
}

class Row {
  constructor(programs) {
    this.name = element("span", { class: "name" });
    this.used = element("span", { class: "quiet small" });
    this.take = element("button", { type: "button", onclick: () => programs.act(() => ask("DELETE", this.path)) }, "Revoke");
    this.element = element("li", {}, this.name, this.used, this.take);
  }

  update({ program_id: id, name, origins, created_at: created, last_used_at: used, unfinished }) {
    this.path = `/programs/${encodeURIComponent(id)}`;
    setText(this.name, name || "Without a name");
    const facts = [used ? `used ${moment(used)}` : `made ${moment(created)}, not used yet`];
    if (unfinished) facts.push(`${unfinished} in work`);
    if (origins.length) facts.push(`for ${origins.join(", ")}`);
    setText(this.used, facts.join(", "));
    this.take.setAttribute("aria-label", `Revoke the address of ${name || "a program without a name"}`);
  }
}
