// How new books are done: a small folded form, remembered while the page is open.

import { byId, setText } from "../../shared/dom.js";
import { BOOK_OPTIONS, BY_TOMORROW, Form } from "../fields.js";
import { modelName } from "../phrases.js";

export class BookOptions {
  constructor(store) {
    this.form = new Form(byId("option"), BOOK_OPTIONS);
    byId("options").addEventListener("input", () => this.#summarise());
    store.onChange((dirty) => {
      if (!dirty.node) return;
      const { model } = store.status.node;
      this.form.fields.get("model").callNothing(model === "auto" ? `Default: ${BY_TOMORROW.toLowerCase()}` : `Default: ${modelName(model)}`);
    });
    this.#summarise();
  }

  // The options that were given, by their names in the API.
  given() {
    return this.form.given();
  }

  // New books are to have this model.
  useModel(name) {
    this.form.fields.get("model").choose(name);
  }

  #summarise() {
    const given = this.given();
    const chosen = BOOK_OPTIONS.filter(({ name }) => given[name]).map(({ name, chosen: say }) => say(given[name]));
    setText(byId("options-chosen"), chosen.join(", ") || "default");
  }
}
