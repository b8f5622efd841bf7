// One part of a book, chosen on its timeline: who has it or did it, how long that took, and its text.

import { ask, bookPath, readPath } from "../../shared/api.js";
import { element, setHidden, setText, showText } from "../../shared/dom.js";
import { partText } from "./texts.js";

export class PartPanel {
  constructor(bookId) {
    this.bookId = bookId;
    this.shown = null; // what was asked for: a part at one status
    this.facts = element("p", { class: "small part-facts" });
    this.text = element("p", { class: "part-text", dir: "auto" });
    this.read = element("a", { class: "button" }, "Read from here");
    this.close = element("button", { type: "button", class: "plain", onclick: () => this.choose(null) }, "Close");
    this.element = element("div", { class: "part-panel", role: "status" }, this.facts,
      element("div", { class: "part-actions" }, this.read, this.close), this.text);
    this.choose(null);
  }

  // `index`: the part's place in the book; null: none.
  choose(index) {
    this.index = index;
    this.shown = null;
    setHidden(this.element, index === null);
  }

  // The book and its parts as they are now.
  show(book, parts) {
    const part = this.index === null ? null : parts[this.index];
    if (!part) return;
    setText(this.facts, partText(part, book));
    setHidden(this.read, part.status !== "completed");
    this.read.setAttribute("href", `${readPath(this.bookId)}#t=${part.start_time.toFixed(1)}`);
    const shown = `${part.id} ${part.status}`;
    if (shown === this.shown) return;
    this.shown = shown;
    showText(this.text, "");
    if (part.status === "completed") this.#load(part, shown);
  }

  async #load({ start_time: start, end_time: end }, shown) {
    let text;
    try {
      const inside = (start + end) / 2; // only this part is asked for
      const answer = await ask("GET", `${bookPath(this.bookId, "text")}?from=${inside}&until=${inside + 0.001}`);
      text = answer.segments.map((segment) => segment.text.trim()).join(" ") || "Nobody speaks here.";
    } catch (error) {
      text = error.message;
    }
    if (shown !== this.shown) return;
    showText(this.text, text);
  }
}
