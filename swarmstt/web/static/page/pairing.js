// The four words on the card of a PC that joined: shown until a person has seen them, and afterwards if they are asked for.

import { element, setHidden, setText } from "../shared/dom.js";

export class PairingWords {
  // `onSeen` is called when the person says so.
  constructor(onSeen) {
    this.open = false;
    this.text = element("span");
    this.words = element("strong", { class: "four-words" });
    this.seen = element("button", { type: "button", onclick: () => onSeen() }, "They match");
    this.hide = element("button", { type: "button", onclick: () => this.#toggle(false) }, "Hide");
    this.box = element("div", { class: "pairing", role: "status" }, this.text, this.words, this.seen, this.hide);
    this.look = element("button", { type: "button", class: "plain", onclick: () => this.#toggle(true) }, "Show the four words");
    this.element = element("div", {}, this.box, this.look);
    this.update(null);
  }

  update(pairing) {
    const words = pairing?.state === "joined" && pairing.words.length ? pairing.words : null;
    this.isNew = Boolean(words) && !pairing.seen;
    if (words) {
      setText(this.text, `${pairing.name} joined. It shows the same four words; if not, remove it.`);
      setText(this.words, words.join(" · "));
    }
    setHidden(this.element, !words);
    this.#show();
  }

  #show() {
    setHidden(this.box, !this.isNew && !this.open);
    setHidden(this.seen, !this.isNew);
    setHidden(this.hide, this.isNew);
    setHidden(this.look, this.isNew || this.open);
  }

  #toggle(open) {
    this.open = open;
    this.#show();
    (open ? this.hide : this.look).focus();
  }
}
