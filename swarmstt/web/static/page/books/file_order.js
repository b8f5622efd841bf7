// The files of a book in the order in which they are read, and how a person changes it.

import { ask, bookPath } from "../../shared/api.js";
import { attempt, element, setHidden, setText } from "../../shared/dom.js";

const DECIDED = {
  tags: "In the order of the disc and track numbers in their tags.",
  playlist: "In the order of the playlist beside them.",
  names: "In the order of their names.",
  given: "In the order that was chosen.",
};

export class FileOrder {
  constructor(id) {
    this.id = id;
    this.places = [];
    this.decided = element("p", { class: "quiet small" });
    this.list = element("ol", { class: "file-order", tabindex: "0", "aria-label": "The files, in their order" });
    this.trouble = element("p", { class: "trouble" });
    this.change = element("button", { type: "button", class: "plain", onclick: () => this.#edit(true) }, "Change the order");
    this.save = element("button", { type: "button", class: "mend", onclick: () => this.#save() }, "Start again in this order");
    this.cancel = element("button", { type: "button", onclick: () => this.#edit(false) }, "Cancel");
    this.choice = element("div", { class: "removal" }, element("span", {}, "The book is transcribed again from the beginning."), this.save, this.cancel);
    this.leftOut = element("ul", { class: "gaps" });
    this.element = element("section", {}, element("h3", {}, "Files"), this.decided, this.list, this.trouble, this.change, this.choice, this.leftOut);
    setHidden(this.choice, true);
    setHidden(this.trouble, true);
  }

  show(book) {
    this.book = book;
    setHidden(this.element, book.audio_files.length < 2 && book.left_out.length === 0);
    setHidden(this.change, this.editing || book.audio_files.length < 2);
    setText(this.decided, DECIDED[book.order_by]);
    this.leftOut.replaceChildren(...book.left_out.map(({ name, reason }) => element("li", {}, `${name} is not read: ${reason}`)));
    if (!this.editing) this.#list(book.audio_files.map((_, place) => place));
  }

  #list(places) {
    this.places = places;
    this.list.replaceChildren(...places.map((place, index) => this.#line(this.book.audio_files[place], index)));
  }

  #line(name, index) {
    if (!this.editing) return element("li", {}, name);
    const up = element("button", { type: "button", "aria-label": `Move ${name} up`, disabled: index === 0, onclick: () => this.#move(index, -1) }, "↑");
    const last = index === this.places.length - 1;
    const down = element("button", { type: "button", "aria-label": `Move ${name} down`, disabled: last, onclick: () => this.#move(index, 1) }, "↓");
    return element("li", {}, up, down, element("span", {}, name));
  }

  #move(index, step) {
    const places = [...this.places];
    [places[index], places[index + step]] = [places[index + step], places[index]];
    this.#list(places);
    const buttons = [...this.list.children[index + step].querySelectorAll("button")];
    (buttons.find((button) => !button.disabled) ?? this.cancel).focus();
  }

  #edit(editing) {
    this.editing = editing;
    setHidden(this.choice, !editing);
    setHidden(this.trouble, true);
    this.#list(this.book.audio_files.map((_, place) => place));
    this.show(this.book);
    (editing ? this.cancel : this.change).focus();
  }

  async #save() {
    await attempt(this.trouble, async () => {
      await ask("POST", bookPath(this.id, "order"), { files: this.places });
      this.#edit(false);
    });
  }
}
