// What the page knows: the newest state of the node, of each book, and of the parts of those books that are in view.
// Listeners hear once per frame what changed: {node, list, books: Set of ids, parts: Set of ids}.

import { ask } from "../shared/api.js";
import { differencesOf } from "./books/texts.js";

export class Store {
  constructor() {
    this.status = null;
    this.books = new Map();
    this.parts = new Map(); // book id → {list: by place in the book, loading, newer: Map of id → task}
    this.wanted = new Map(); // book id → how many views want its parts
    this.listeners = new Set();
    this.news = new Set();
    this.dirty = null;
    this.differences = new Map(); // book id → what tells it from others of the same title
    this.snapshots = 0; // how many have come
  }

  onChange(listener) {
    this.listeners.add(listener);
  }

  onNews(listener) {
    this.news.add(listener);
  }

  receive(message) {
    if (message.type === "snapshot") this.#snapshot(message);
    else if (message.type === "changes") for (const change of message.changes) this.#change(change);
  }

  partsOf(bookId) {
    return this.parts.get(bookId)?.list ?? [];
  }

  openBooks() {
    return [...this.books.values()].filter((book) => book.state === "open").length;
  }

  // The ids of those who help as guests.
  guests() {
    return new Set((this.status?.workers ?? []).filter((each) => each.kind === "guest").map((each) => each.worker_id));
  }

  // From now on the parts of this book are kept; call what is returned to end that.
  want(bookId) {
    this.wanted.set(bookId, (this.wanted.get(bookId) ?? 0) + 1);
    this.#load(bookId);
    return () => {
      const left = this.wanted.get(bookId) - 1;
      if (left > 0) this.wanted.set(bookId, left);
      else this.wanted.delete(bookId);
    };
  }

  #snapshot(message) {
    const { type, books, ...status } = message;
    this.status = status;
    this.snapshots += 1;
    this.books = new Map(books.map((book) => [book.book_id, book]));
    this.differences = differencesOf(books);
    const shown = this.parts;
    this.parts = new Map();
    for (const bookId of this.wanted.keys()) if (this.books.has(bookId)) this.#load(bookId, shown.get(bookId)?.list);
    this.#mark((dirty) => {
      dirty.node = dirty.list = true;
      for (const bookId of this.books.keys()) {
        dirty.books.add(bookId);
        dirty.parts.add(bookId);
      }
    });
  }

  #change(change) {
    if (change.type === "book") this.#book(change.book);
    else if (change.type === "task") this.#task(change.task);
    else if (change.type === "removed") this.#removed(change.book_id);
    else if (change.type === "told") for (const listener of this.news) listener(change);
    else if (change.type === "node") {
      const { books, ...status } = change.status;
      this.status = status;
      this.#mark((dirty) => (dirty.node = true));
    }
  }

  #book(book) {
    const known = this.books.get(book.book_id);
    this.books.set(book.book_id, book);
    this.#mark((dirty) => {
      dirty.books.add(book.book_id);
      if (!known || order(known) !== order(book)) dirty.list = true;
      if (!known || known.title !== book.title || known.folder !== book.folder) {
        this.differences = differencesOf(this.books.values());
        dirty.list = true; // what tells other books apart may be something else now
      }
    });
    if (!known && this.wanted.has(book.book_id)) this.#load(book.book_id);
  }

  #task(task) {
    const entry = this.parts.get(task.book_id);
    if (!entry) return;
    entry.list[task.chunk_id] = task;
    if (entry.loading) entry.newer.set(task.id, task);
    this.#mark((dirty) => dirty.parts.add(task.book_id));
  }

  #removed(bookId) {
    this.books.delete(bookId);
    this.parts.delete(bookId);
    this.differences = differencesOf(this.books.values());
    this.#mark((dirty) => (dirty.list = true));
  }

  // What changes while the answer is on its way is newer than the answer.
  async #load(bookId, shownMeanwhile = []) {
    if (this.parts.has(bookId) || !this.books.has(bookId)) return;
    const entry = { list: shownMeanwhile, loading: true, newer: new Map() };
    this.parts.set(bookId, entry);
    try {
      const tasks = await ask("GET", `/tasks?book_id=${encodeURIComponent(bookId)}`);
      if (this.parts.get(bookId) !== entry) return;
      entry.list = [];
      for (const task of [...tasks, ...entry.newer.values()]) entry.list[task.chunk_id] = task;
      entry.loading = false;
      this.#mark((dirty) => dirty.parts.add(bookId));
    } catch {
      if (this.parts.get(bookId) === entry) this.parts.delete(bookId); // asked again with the next snapshot
    }
  }

  #mark(note) {
    if (!this.dirty) {
      this.dirty = { node: false, list: false, books: new Set(), parts: new Set() };
      // A hidden page draws no frames; a timer keeps its title true.
      if (document.hidden) setTimeout(() => this.#notify(), 1000);
      else requestAnimationFrame(() => this.#notify());
    }
    note(this.dirty);
  }

  #notify() {
    const dirty = this.dirty;
    this.dirty = null;
    for (const listener of this.listeners) listener(dirty);
  }

  // Newest work first: what is worked on, then what waits, then what is finished.
  sortedBooks() {
    return [...this.books.values()].sort((one, other) => {
      const groups = group(one) - group(other);
      if (groups) return groups;
      return latest(one) < latest(other) ? 1 : -1;
    });
  }
}

function group(book) {
  if (book.state === "done") return 2;
  const begun = book.state === "merging" || book.tasks.in_progress > 0 || book.tasks.completed > 0;
  return begun && book.state !== "failed" ? 0 : 1;
}

function latest(book) {
  return book.completed_at ?? book.added_at ?? "";
}

function order(book) {
  return `${group(book)} ${latest(book)}`;
}
