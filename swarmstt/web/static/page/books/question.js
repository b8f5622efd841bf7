// "One book or three?": asked of files that came together and look like several books.

import { ask } from "../../shared/api.js";
import { element, setHidden, setText } from "../../shared/dom.js";
import { capital } from "../../shared/phrases.js";
import { listed, numberWord } from "../phrases.js";

const MOST_TITLES = 4;

export class Question {
  // `onDecided` gets what became of it: {books, errors}; `onTrouble` a sentence.
  constructor(onDecided, onTrouble) {
    Object.assign(this, { onDecided, onTrouble });
    this.heading = element("strong");
    this.titles = element("span");
    this.apart = element("button", { type: "button", class: "primary", onclick: () => this.#decide(true) });
    this.one = element("button", { type: "button", onclick: () => this.#decide(false) }, "One book");
    this.element = element("div", { class: "question", role: "group" }, this.heading, this.titles, this.apart, this.one);
    setHidden(this.element, true);
  }

  show({ upload_id: id, books }) {
    this.id = id;
    const number = numberWord(books.length);
    setText(this.heading, `One book or ${number}?`);
    setText(this.titles, `${titlesOf(books)} look like different books.`);
    setText(this.apart, `${capital(number)} books`);
    this.element.setAttribute("aria-label", this.heading.textContent);
    setHidden(this.element, false);
  }

  async #decide(apart) {
    this.apart.disabled = this.one.disabled = true;
    try {
      this.onDecided(await ask("POST", `/uploads/${encodeURIComponent(this.id)}`, { apart }));
    } catch (error) {
      this.onTrouble(error.message);
    }
    setHidden(this.element, true);
    this.apart.disabled = this.one.disabled = false;
  }
}

function titlesOf(books) {
  const titles = books.slice(0, MOST_TITLES).map(({ title }) => title);
  const more = books.length - titles.length;
  return listed(more ? [...titles, `${numberWord(more)} more`] : titles);
}
