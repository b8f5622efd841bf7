// The books: a row each, and below it, when it is opened, all that is known of the book.

import { ask, bookPath, readPath, resultPath } from "../../shared/api.js";
import { Covers } from "../../shared/covers.js";
import { KeyedList, breakable, byId, element, setAttribute, setHidden, setText } from "../../shared/dom.js";
import { percent } from "../../shared/phrases.js";
import { initial, speed } from "../phrases.js";
import { bookLine, partDone, troubleOf } from "./texts.js";
import { Timeline } from "./timeline.js";

const QUICK_FORMATS = ["txt", "srt"]; // those that most people want; the details have all

export class Books {
  constructor(store, colours) {
    this.store = store;
    this.refused = new KeyedList(byId("refused"), (text) => new Refused(text));
    const covers = new Covers();
    this.list = new KeyedList(byId("books"), (book) => new BookRow(book, store, colours, covers));
    store.onChange((dirty) => this.#show(dirty));
  }

  #show(dirty) {
    if (dirty.list) {
      this.list.show(this.store.sortedBooks(), (book) => book.book_id);
      setHidden(byId("no-books"), this.store.books.size > 0);
    } else {
      for (const id of dirty.books) this.list.views.get(id)?.update(this.store.books.get(id));
    }
    for (const id of dirty.parts) this.list.views.get(id)?.showParts();
    if (dirty.node) this.refused.show(refusedIn(this.store.status.node), (text) => text);
    const folder = this.store.status?.node.drop_folder;
    if (folder !== this.folder) byId("drop-folder").replaceChildren(...(folder ? breakable(`Or copy it into ${folder}.`) : []));
    this.folder = folder;
  }
}

// What lies in the drop folders and is no book, until it is mended or taken out.
function refusedIn({ drop_folders: folders }) {
  return folders.flatMap(({ path, refused }) => (refused ?? []).map((text) => `${text} It is in ${path}.`));
}

class Refused {
  constructor(text) {
    this.element = element("li", { class: "trouble" }, element("span", {}, ...breakable(text)));
  }

  update() {}
}

class BookRow {
  constructor(book, store, colours, covers) {
    this.id = book.book_id;
    this.covers = covers;
    this.store = store;
    this.colours = colours;
    this.unwant = null;
    this.details = null;
    this.isOpen = false;
    this.problem = null;
    this.#build();
  }

  #build() {
    this.timeline = new Timeline(this.colours);
    this.initial = element("span", { class: "initial", "aria-hidden": "true" });
    this.cover = element("img", { class: "cover", alt: "", hidden: true });
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
      this.initial, this.cover, names, this.timeline.element, this.percent, this.left, this.actions, this.trouble);
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
    if (!this.cover.src) this.covers.show(this.id, this.cover);
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
    setText(this.author, [book.author, this.store.differences.get(this.id)].filter(Boolean).join(" · "));
    setText(this.percent, book.state === "failed" ? "" : percent(partDone(book)));
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
    setText(this.pause, this.book.paused ? "Resume" : "Pause");
    setAttribute(this.pause, "aria-label", `${this.book.paused ? "Resume" : "Pause"} ${title}`);
    const written = new Set(this.book.files.map((file) => file.format));
    this.quick.forEach((link, place) => {
      const format = QUICK_FORMATS[place];
      setHidden(link, this.book.state !== "done" || (written.size > 0 && !written.has(format)));
      setAttribute(link, "aria-label", `Download ${title} as ${format.toUpperCase()}`);
    });
  }

  #updateTrouble() {
    const [text, mendable] = this.problem ? [this.problem, false] : troubleOf(this.book);
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

  // What an opened book shows is loaded when the first one is opened.
  async #toggle() {
    this.isOpen = !this.isOpen;
    this.element.classList.toggle("open", this.isOpen);
    setAttribute(this.title, "aria-expanded", String(this.isOpen));
    if (!this.isOpen) {
      this.details?.close();
      this.details?.element.remove();
      this.details = null;
      return;
    }
    const { BookDetails } = await import("./details.js");
    if (!this.isOpen || this.details) return;
    this.details = new BookDetails(this);
    this.element.append(this.details.element);
    this.showParts();
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
    return !this.problem;
  }
}
