// The chapters of a book that is done, and how a person changes, adds and removes some.

import { ask, bookPath, readPath } from "../../shared/api.js";
import { attempt, element, setHidden, setText, showText } from "../../shared/dom.js";
import { clock } from "../../shared/phrases.js";
import { portion } from "../phrases.js";

const SOURCES = { tags: "from its tags", files: "from its files", cue: "from its cue sheet", edited: "changed here" };
const NONE = "No chapters were found.";

export class Chapters {
  constructor(id) {
    this.id = id;
    this.lines = [];
    this.empty = element("p", { class: "quiet small" }, NONE);
    this.list = element("ol", { class: "chapters", tabindex: "0", "aria-label": "Chapters" });
    this.trouble = element("p", { class: "trouble" });
    this.change = button("Edit chapters", () => this.#edit(true), "plain");
    this.add = button("Add a chapter", () => this.#add(), "plain");
    this.save = button("Save", () => this.#save(this.#wanted()), "mend");
    this.cancel = button("Cancel", () => this.#edit(false));
    this.again = button("Discard my changes", () => this.#save(null));
    this.choice = element("div", { class: "removal" },
      element("span", {}, "All files are written again. Nothing is transcribed again."), this.save, this.cancel, this.again);
    this.element = element("section", {}, element("h3", {}, "Chapters"), this.empty, this.list, this.add, this.trouble, this.change, this.choice);
    showText(this.trouble, "");
    this.#showButtons();
  }

  show(book) {
    this.book = book;
    setHidden(this.element, !["done", "merging"].includes(book.state));
    if (this.editing) return;
    setHidden(this.empty, book.chapters.length > 0);
    setHidden(this.list, book.chapters.length === 0);
    this.list.replaceChildren(...book.chapters.map((chapter) => this.#shown(chapter)));
  }

  #shown({ title, start, source, certainty }) {
    const from = source === "found" ? `found${certainty === null ? "" : `, ${portion(certainty)} sure`}` : SOURCES[source];
    return element("li", {}, element("a", { class: "time", href: `${readPath(this.id)}#t=${start.toFixed(1)}` }, clock(start)),
      element("span", {}, title), element("span", { class: "quiet small" }, from ?? ""));
  }

  #edit(editing) {
    this.editing = editing;
    showText(this.trouble, "");
    this.#showButtons();
    if (editing) {
      this.lines = this.book.chapters.map((chapter) => new Line(chapter, (line) => this.#remove(line)));
      this.#showLines();
    } else {
      this.show(this.book);
    }
    (editing ? this.lines[0]?.title ?? this.add : this.change).focus();
  }

  #showButtons() {
    setHidden(this.change, Boolean(this.editing));
    setHidden(this.add, !this.editing);
    setHidden(this.choice, !this.editing);
    setHidden(this.again, !this.book?.chapters_edited);
  }

  #showLines() {
    setHidden(this.empty, true);
    setHidden(this.list, this.lines.length === 0);
    this.list.replaceChildren(...this.lines.map((line) => line.element));
  }

  #add() {
    const line = new Line({ title: "", start: null }, (one) => this.#remove(one));
    this.lines.push(line);
    this.#showLines();
    line.time.focus();
  }

  #remove(line) {
    const place = this.lines.indexOf(line);
    this.lines.splice(place, 1);
    this.#showLines();
    (this.lines[Math.min(place, this.lines.length - 1)]?.title ?? this.add).focus();
  }

  // What is to be sent; nothing if something is missing, which is said.
  #wanted() {
    for (const line of this.lines) {
      if (line.start === null) return this.#complain(line.time, "Write each time like 1:02:03.");
      if (!line.title.value.trim()) return this.#complain(line.title, "Give each chapter a title.");
    }
    return this.lines.map((line) => ({ title: line.title.value.trim(), start: line.start }));
  }

  #complain(field, sentence) {
    showText(this.trouble, sentence);
    field.focus();
  }

  async #save(chapters) {
    if (chapters === undefined) return;
    this.save.disabled = true;
    await attempt(this.trouble, async () => {
      await ask("POST", bookPath(this.id, "chapters"), { chapters });
      this.#edit(false);
    });
    this.save.disabled = false;
  }
}

// A chapter that is being changed. Its time stays exact as long as nobody touches it.
class Line {
  constructor({ title, start }, onRemove) {
    this.known = start;
    this.shown = start === null ? "" : clock(start);
    this.time = element("input", { class: "time", "aria-label": "Begins at", placeholder: "1:02:03", value: this.shown, autocomplete: "off" });
    this.title = element("input", { "aria-label": "Title", value: title, maxlength: "200", autocomplete: "off" });
    this.element = element("li", {}, this.time, this.title,
      element("button", { type: "button", "aria-label": `Remove ${title || "this chapter"}`, onclick: () => onRemove(this) }, "×"));
  }

  // In seconds of the book; null if it is not a time.
  get start() {
    const text = this.time.value.trim();
    return text && text === this.shown ? this.known : secondsOf(text);
  }
}

// "1:02:03.5" → 3723.5
function secondsOf(text) {
  if (!/^(\d+:){0,2}\d+(\.\d+)?$/.test(text)) return null;
  return text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

function button(text, onclick, kind = "") {
  return element("button", { type: "button", class: kind, onclick }, text);
}
