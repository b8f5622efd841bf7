// How new books are done: a small folded form, remembered while the page is open.

import { byId, setText } from "../../shared/dom.js";
import { BOOK_OPTIONS, Form } from "../fields.js";

export class BookOptions {
  constructor(store) {
    this.form = new Form(byId("option"), BOOK_OPTIONS);
    byId("options").addEventListener("input", () => this.#summarise());
    store.onChange((dirty) => {
      if (dirty.node) this.form.fields.get("model").input.placeholder = `${store.status.node.model}, as this PC is set`;
    });
    this.#summarise();
  }

  // The options that were given, by their names in the API.
  given() {
    return this.form.given();
  }

  #summarise() {
    const given = this.given();
    const chosen = BOOK_OPTIONS.filter(({ name }) => given[name]).map(({ name, chosen: say }) => say(given[name]));
    setText(byId("options-chosen"), chosen.join(", ") || "as usual");
  }
}
