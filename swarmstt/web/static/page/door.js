// Adding a PC: opens the door for ten minutes, and shows who comes in with the words that both PCs show.

import { ask } from "../shared/api.js";
import { KeyedList, attempt, byId, element, setHidden, setText } from "../shared/dom.js";
import { clock } from "../shared/phrases.js";
import { openDialog } from "./dialogs.js";
import { count } from "./phrases.js";

export class Door {
  constructor(store) {
    this.door = null;
    this.shutAt = 0;
    this.timer = null; // while the door is open
    this.list = new KeyedList(byId("joining"), () => new Joining());
    for (const id of ["add-pc", "advice-add"]) byId(id).addEventListener("click", () => this.#show());
    byId("stay-alone").addEventListener("click", () => this.#act("DELETE"));
    byId("advice-identity").addEventListener("click", () => this.#act("POST", "/identity"));
    byId("door-open").addEventListener("click", () => this.#act("POST"));
    byId("door-shut").addEventListener("click", () => this.#act("DELETE"));
    byId("open-door-shut").addEventListener("click", () => this.#act("DELETE"));
    store.onChange((dirty) => dirty.node && this.#heard(store.status.door));
  }

  // The page does not speak of it if the node cannot add PCs.
  #heard(door) {
    setHidden(byId("add-pc"), !door);
    this.#advise(door ?? {});
    if (!door) return;
    this.door = door;
    this.shutAt = Date.now() + 1000 * door.seconds_left;
    this.#update();
    if (!door.open) clearInterval(this.timer);
    else if (this.timer === null) this.timer = setInterval(() => this.#update(), 1000);
    if (!door.open) this.timer = null;
  }

  // What to click is beside the advice, and not only named in it.
  #advise({ advice, removed = false, declined = false, barred = false, open }) {
    byId("swarm-advice").classList.toggle("calm", declined); // it is as the person chose
    setText(byId("advice-text"), advice ?? "");
    setHidden(byId("swarm-advice"), !advice);
    setHidden(byId("advice-add"), !removed && (open || declined || barred || !advice)); // what is open needs no click here
    setHidden(byId("advice-identity"), !barred);
    setHidden(byId("stay-alone"), !removed);
  }

  #show() {
    openDialog("door");
    this.#update();
    if (!this.door.open) this.#act("POST");
  }

  async #act(method, row = "/door") {
    await attempt(byId("door-trouble"), async () => {
      const door = await ask(method, row);
      if ("open" in door) this.#heard(door);
    });
  }

  #update() {
    const { open, joining, advice } = this.door;
    const left = Math.max(0, Math.round((this.shutAt - Date.now()) / 1000));
    const isOpen = open && left > 0;
    setHidden(byId("open-door"), !isOpen);
    setHidden(byId("press-add"), isOpen);
    setText(byId("open-door-text"), `New PCs of this network can join for ${clock(left)}.`);
    if (!byId("door").open) return;
    // Read aloud once a minute, not every second.
    const state = isOpen ? `Waiting for PCs: ${clock(left)} left.` : "No new PC can join now.";
    byId("door-state").setAttribute("aria-live", left % 60 === 0 ? "polite" : "off");
    setText(byId("door-state"), advice ? `${state} ${advice}` : state);
    setHidden(byId("door-shut"), !isOpen);
    setHidden(byId("door-open"), isOpen);
    this.list.show(joining ?? [], (each) => each.node_id);
    byId("joining").setAttribute("aria-label", count((joining ?? []).length, "PC joins", "PCs join"));
  }
}

class Joining {
  constructor() {
    this.name = element("span", { class: "name" });
    this.words = element("strong", { class: "four-words" });
    this.state = element("span", { class: "quiet small" });
    this.element = element("li", {}, this.name, this.words, this.state);
  }

  update({ name, words, state }) {
    setText(this.name, name || "A PC");
    setText(this.words, (words ?? []).join(" · "));
    setText(this.state, state === "joined" ? "has joined. If it shows other words, remove it on its card." : "is joining");
  }
}
