// Notifications of the browser: a book that is done, and trouble. A person asks for them by a click in the settings.

import { byId, recall, remember, setHidden, setText } from "../shared/dom.js";
import { isWhole, troubleOf } from "./books/texts.js";

const KEY = "swarmstt.notify";

export class Notifications {
  constructor(store) {
    this.store = store;
    this.known = null; // book id → what was last said of it
    this.troubles = new Set();
    setHidden(byId("notify"), typeof Notification !== "function");
    byId("notify").addEventListener("click", () => this.#toggle());
    store.onChange(() => store.status && this.#look());
    this.#showState();
  }

  get on() {
    return typeof Notification === "function" && Notification.permission === "granted" && recall(KEY) === "on";
  }

  async #toggle() {
    if (this.on) remember(KEY, "off");
    else if ((await Notification.requestPermission()) === "granted") remember(KEY, "on");
    this.#showState();
  }

  #showState() {
    const refused = typeof Notification === "function" && Notification.permission === "denied";
    const off = refused ? "Your browser refuses notifications for this page" : "Notify me when a book is done";
    setText(byId("notify"), this.on ? "Stop notifying me" : off);
    byId("notify").disabled = refused;
  }

  // What was so when the page was opened is no news.
  #look() {
    const { status, books } = this.store;
    const now = new Map([...books.values()].map((book) => [book.book_id, sayingOf(book)]));
    const troubles = new Set(status.node.troubles ?? []);
    if (this.known) {
      for (const [id, text] of now) if (text && text !== this.known.get(id)) this.#say(text);
      for (const text of troubles) if (!this.troubles.has(text)) this.#say(text);
    }
    this.known = now;
    this.troubles = troubles;
  }

  #say(text) {
    if (this.on) new Notification("swarmstt", { body: text, icon: "/static/shared/icon.svg" });
  }
}

// What is to be said of a book in this state; nothing while it goes well.
function sayingOf(book) {
  const title = book.title || book.filename;
  if (isWhole(book)) return `${title} is ready to read.`;
  const [trouble] = troubleOf(book);
  if (book.state === "done") return `${title} is done, with gaps. ${trouble}`;
  return book.state === "failed" ? `${title} stopped: ${trouble}` : "";
}
