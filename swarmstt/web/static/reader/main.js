// A book's text by chapter, with its voice; also while the book is still being transcribed.

import { ask, bookPath } from "../shared/api.js";
import { Connection } from "../shared/connection.js";
import { Covers } from "../shared/covers.js";
import { byId, setText, showTroubles } from "../shared/dom.js";
import { NO_ANSWER, percent } from "../shared/phrases.js";
import { Playback } from "./playback.js";
import { Search } from "./search.js";
import { BookText } from "./text.js";

const WAIT_MILLISECONDS = 300;

class ReadAlong {
  constructor(bookId) {
    this.bookId = bookId;
    this.book = null;
    this.wanted = null; // the seconds that will be asked for
    this.timer = null;
    this.failed = false;
    this.troubles = new Map();
    this.text = new BookText(byId("text"));
    this.playback = new Playback(this.text, bookId, (trouble) => this.#setTrouble("voice", trouble));
    this.search = new Search(this.text, (place) => this.playback.show(place));
    byId("text").addEventListener("click", (event) => this.#clicked(event));
    this.#want(0, Infinity);
    new Covers().show(bookId, byId("cover"));
    new Connection({ onMessage: (message) => this.#heard(message), onState: (connected) => this.#showConnection(connected) });
  }

  #setTrouble(kind, sentence) {
    if (sentence) this.troubles.set(kind, sentence);
    else this.troubles.delete(kind);
    showTroubles([...this.troubles.values()]);
  }

  #showConnection(connected) {
    this.#setTrouble("node", connected ? null : NO_ANSWER);
  }

  #clicked(event) {
    if (String(getSelection())) return; // text was selected, to be copied
    const word = event.target.closest("a") ? null : this.text.wordUnder(event);
    if (word) this.playback.say(word);
  }

  // Asks for the text of these seconds too, in a moment, together with what else changes until then.
  #want(from, until) {
    this.wanted = this.wanted ? [Math.min(from, this.wanted[0]), Math.max(until, this.wanted[1])] : [from, until];
    this.timer ??= setTimeout(() => this.#load(), this.book ? WAIT_MILLISECONDS : 0);
  }

  async #load() {
    const [from, until] = this.wanted;
    this.wanted = null;
    const range = until === Infinity ? "" : `?from=${from}&until=${until}`;
    try {
      this.#show(await ask("GET", `${bookPath(this.bookId, "text")}${range}`), from, until);
      this.failed = false;
      this.#setTrouble("text", null);
    } catch (error) {
      this.#loadFailed(error);
    }
    this.timer = null;
    if (this.wanted) this.#want(...this.wanted);
  }

  // What failed is asked for again once the node is back; that it is away, the connection says.
  #loadFailed(error) {
    this.failed = true;
    const isAway = error.status === undefined;
    this.#setTrouble("text", isAway ? null : error.message);
    if (!this.book) setText(byId("title"), isAway ? "Opening the book…" : "No book to read");
  }

  #show(book, from, until) {
    const isFirst = this.book === null;
    this.book = book;
    const title = book.title || book.filename;
    document.title = `${title} · swarmstt`;
    setText(byId("title"), title);
    setText(byId("author"), book.author ?? "");
    if (book.language) byId("text").lang = book.language;
    this.text.show(book, from, until);
    this.#showState();
    this.#setTrouble("audio", book.audio_trouble);
    this.playback.update(book);
    this.search.refresh();
    if (isFirst) this.playback.begin();
    const missing = this.text.missing();
    if (missing) this.#want(...missing);
  }

  #showState() {
    setText(byId("state"), stateText(this.book));
  }

  // What the node sends about this book.
  #heard(message) {
    if (message.type === "snapshot") {
      const known = message.books.find((each) => each.book_id === this.bookId);
      if (known && (this.failed || (this.book && this.#isOutdated(known)))) this.#want(0, Infinity);
      return;
    }
    for (const change of message.changes) {
      if (change.type === "book" && change.book.book_id === this.bookId) this.#bookChanged(change.book);
      if (change.type === "task" && change.task.book_id === this.bookId) this.#partChanged(change.task);
      if (change.type === "removed" && change.book_id === this.bookId) this.#setTrouble("text", "This book was removed.");
    }
  }

  #isOutdated(known) {
    const { parts, state } = this.book;
    const done = parts.filter((part) => part.status === "completed").length;
    return known.tasks.completed !== done || known.tasks.total !== parts.length || known.state !== state;
  }

  #bookChanged(known) {
    const { book } = this;
    if (!book) return;
    Object.assign(book, { percent: known.percent, duration: known.duration, reason: known.reason });
    this.#showState();
    const isNew = known.tasks.total !== book.parts.length || known.state !== book.state
      || JSON.stringify(known.chapters) !== JSON.stringify(book.chapters) || known.read_whole !== book.read_whole;
    if (isNew) this.#want(0, 0);
  }

  #partChanged(task) {
    const part = this.book?.parts[task.chunk_id];
    if (!part) return;
    if (task.status === "completed" && part.status !== "completed") this.#want(...this.#withNeighbours(task.chunk_id));
    else this.text.setProgress(task.chunk_id, task.status, task.progress);
    if (task.status !== "completed") part.status = task.status;
  }

  // A sentence may go on from one part to the next.
  #withNeighbours(place) {
    const { parts } = this.book;
    return [parts[Math.max(0, place - 1)].start, parts[Math.min(parts.length - 1, place + 1)].end];
  }
}

function stateText({ state, percent: done, parts, reason }) {
  if (state === "done") return "";
  if (state === "failed") return reason || "This book could not be transcribed to its end.";
  if (!parts.length) return "Nothing is transcribed yet. The text appears here as it comes.";
  return `${percent(done)} is transcribed; the rest appears here as it comes.`;
}

new ReadAlong(decodeURIComponent(location.pathname.split("/").pop()));
