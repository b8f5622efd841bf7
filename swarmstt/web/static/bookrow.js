// One book: a row, and below it, when it is opened, all that is known of it.

import { ask, bookPath, readPath, resultPath } from "./api.js";
import { BookDetails } from "./bookdetails.js";
import { element, setAttribute, setHidden, setText } from "./dom.js";
import { Timeline } from "./timeline.js";
import { bookLine, count, initial, percent, speed } from "./words.js";

const QUICK_FORMATS = ["txt", "srt"];

export class BookRow {
  constructor(book, store) {
    this.id = book.book_id;
    this.store = store;
    this.unwant = null;
    this.details = null;
    this.problem = null;
    this.#build();
  }

  #build() {
    this.timeline = new Timeline();
    this.initial = element("span", { class: "initial", "aria-hidden": "true" });
    this.title = element("button", { type: "button", class: "title", "aria-expanded": "false", onclick: () => this.#toggle() });
    this.author = element("span", { class: "author" });
    this.percent = element("span", { class: "percent" });
    this.left = element("span", { class: "left" });
    this.pause = element("button", { type: "button", onclick: () => this.act(this.book.paused ? "resume" : "pause") });
    this.quick = QUICK_FORMATS.map((format) =>
      element("a", { class: "button", href: resultPath(this.id, format), download: true }, format.toUpperCase()));
    this.read = element("a", { class: "button", href: readPath(this.id) }, "Read");
    this.actions = element("div", { class: "actions" }, this.read, this.pause, ...this.quick);
    this.troubleText = element("span");
    this.mend = element("button", { type: "button", class: "mend", onclick: () => this.act("retry") }, "Try again");
    this.trouble = element("div", { class: "trouble row-trouble" }, this.troubleText, this.mend);
    this.timeline.element.addEventListener("click", () => this.#toggle());
    const names = element("div", { class: "names" }, this.title, this.author);
    const row = element("div", { class: "row" },
      this.initial, names, this.timeline.element, this.percent, this.left, this.actions, this.trouble);
    this.element = element("li", { class: "book" }, row);
    this.observer = new IntersectionObserver(([entry]) => this.#seen(entry.isIntersecting), { rootMargin: "200px" });
    this.observer.observe(this.element);
  }

  close() {
    this.observer.disconnect();
    this.timeline.close();
    this.details?.close();
    this.#seen(false);
  }

  // Only rows in view hold parts and draw.
  #seen(visible) {
    if (visible === (this.unwant !== null)) return;
    if (!visible) {
      this.unwant();
      this.unwant = null;
      return;
    }
    this.unwant = this.store.want(this.id);
    this.showParts();
  }

  update(book) {
    const reshaped = this.book?.duration !== book.duration || this.book.chapters.length !== book.chapters.length;
    // What could not be done before may be possible now.
    const moved = this.book && (this.book.state !== book.state || this.book.paused !== book.paused);
    if (moved || this.snapshots !== this.store.snapshots) this.problem = null;
    this.snapshots = this.store.snapshots;
    this.book = book;
    const title = book.title || book.filename;
    setText(this.initial, initial(title));
    setText(this.title, title);
    setText(this.author, [book.author, this.store.marks.get(this.id)].filter(Boolean).join(" · "));
    setText(this.percent, book.state === "failed" ? "" : percent(book.percent));
    const pace = book.state === "open" && !book.paused && book.speed ? speed(book.speed) : "";
    setText(this.left, [bookLine(book), pace].filter(Boolean).join(" · "));
    this.element.classList.toggle("paused", book.paused && book.state === "open");
    this.#updateActions(title);
    this.#updateTrouble();
    if (reshaped || this.details) this.showParts();
    else this.timeline.describe(book);
  }

  #updateActions(title) {
    setHidden(this.read, this.book.state !== "done" && this.book.tasks.completed === 0);
    setAttribute(this.read, "aria-label", `Read ${title}`);
    setHidden(this.pause, this.book.state !== "open");
    setText(this.pause, this.book.paused ? "Go on" : "Pause");
    setAttribute(this.pause, "aria-label", `${this.book.paused ? "Go on with" : "Pause"} ${title}`);
    const written = new Set(this.book.files.map((file) => file.format));
    this.quick.forEach((link, place) => {
      const format = QUICK_FORMATS[place];
      setHidden(link, this.book.state !== "done" || (written.size > 0 && !written.has(format)));
      setAttribute(link, "aria-label", `Download ${title} as ${format.toUpperCase()}`);
    });
  }

  #updateTrouble() {
    const [text, mendable] = this.problem ? [this.problem, false] : trouble(this.book);
    setHidden(this.trouble, !text);
    setText(this.troubleText, text);
    setHidden(this.mend, !mendable);
  }

  showParts() {
    if (!this.unwant) return;
    const parts = this.store.partsOf(this.id);
    this.timeline.show(this.book, parts);
    this.details?.show(this.book, parts);
  }

  #toggle() {
    if (this.details) {
      this.details.close();
      this.details.element.remove();
      this.details = null;
    } else {
      this.details = new BookDetails(this);
      this.element.append(this.details.element);
      this.showParts();
    }
    this.element.classList.toggle("open", this.details !== null);
    setAttribute(this.title, "aria-expanded", String(this.details !== null));
  }

  async act(verb) {
    try {
      if (verb === "remove") await ask("DELETE", bookPath(this.id));
      else await ask("POST", bookPath(this.id, verb));
      this.problem = null;
    } catch (error) {
      this.problem = error.message;
    }
    this.#updateTrouble();
  }
}

// What is wrong with a book, and whether trying again may mend it.
function trouble(book) {
  if (book.state === "failed") return [book.reason || "This book could not be read.", true];
  if (book.tasks.failed) {
    const verb = book.tasks.failed === 1 ? "is" : "are";
    const parts = count(book.tasks.failed, "part");
    return [`${parts[0].toUpperCase()}${parts.slice(1)} could not be decoded and ${verb} left out.`, true];
  }
  if (book.gaps.length && book.state === "done") {
    return ["The audio is damaged in places; the transcript says where. Copy or download it again, if you can.", false];
  }
  return [book.state === "open" && book.reason ? book.reason : "", false];
}
