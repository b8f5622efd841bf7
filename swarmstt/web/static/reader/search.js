// Search in the book: letters regardless of case and accents.

import { byId, setHidden, setText } from "../shared/dom.js";
import { Highlighter } from "./highlights.js";

const MOST_FOUND = 1000;
const WAIT_MILLISECONDS = 150;

export class Search {
  constructor(text, onGo) {
    Object.assign(this, { text, onGo });
    this.all = new Highlighter("hits");
    this.one = new Highlighter("hit");
    this.places = [];
    this.chosen = -1;
    this.input = byId("search");
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#search(), WAIT_MILLISECONDS);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#enter(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.#clear();
    });
    byId("next").addEventListener("click", () => this.#step(1));
    byId("previous").addEventListener("click", () => this.#step(-1));
  }

  // The text changed: what was found in it may be elsewhere now.
  refresh() {
    if (this.input.value.trim()) this.#search({ stay: true });
  }

  #enter(by) {
    clearTimeout(this.timer);
    if (this.searched === this.input.value) this.#step(by);
    else this.#search();
  }

  #clear() {
    this.input.value = "";
    this.#search();
  }

  #search({ stay = false } = {}) {
    this.searched = this.input.value;
    const wanted = folded(this.input.value.trim().replace(/\s+/g, " "));
    this.places = wanted ? placesOf(this.text.paragraphs(), wanted) : [];
    this.all.set(this.places);
    this.chosen = stay ? Math.min(this.chosen, this.places.length - 1) : -1;
    setHidden(byId("next"), this.places.length === 0);
    setHidden(byId("previous"), this.places.length === 0);
    if (stay) this.#showCount();
    else if (this.places.length) this.#step(1);
    else this.#showCount();
  }

  #step(by) {
    const count = this.places.length;
    if (!count) return;
    this.chosen = (this.chosen + by + count) % count;
    this.#showCount();
    this.onGo(this.places[this.chosen]);
  }

  #showCount() {
    const count = this.places.length;
    const most = count === MOST_FOUND ? "+" : "";
    this.one.set(this.chosen >= 0 ? [this.places[this.chosen]] : []);
    if (count) setText(byId("found"), `${this.chosen + 1} of ${count}${most}`);
    else setText(byId("found"), this.searched.trim() ? "Not found" : "");
  }
}

function placesOf(paragraphs, wanted) {
  const places = [];
  for (const paragraph of paragraphs) {
    paragraph.folded ??= folded(paragraph.text);
    for (let at = paragraph.folded.indexOf(wanted); at >= 0; at = paragraph.folded.indexOf(wanted, at + wanted.length)) {
      places.push({ paragraph, from: at, to: at + wanted.length });
      if (places.length === MOST_FOUND) return places;
    }
  }
  return places;
}

const letters = new Map();

// The same number of letters, so that places stay.
function folded(text) {
  let made = "";
  for (let place = 0; place < text.length; place += 1) {
    const letter = text[place];
    if (!letters.has(letter)) letters.set(letter, fold(letter));
    made += letters.get(letter);
  }
  return made;
}

function fold(letter) {
  if ("’‘ʼ".includes(letter)) return "'";
  if ("“”„«»".includes(letter)) return '"';
  const bare = letter.normalize("NFD")[0].toLowerCase();
  return bare.length === 1 ? bare : letter;
}
