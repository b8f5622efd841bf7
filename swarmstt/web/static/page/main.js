// The page: joins the connection, what is known, and the views of it.

import { ask } from "../shared/api.js";
import { Connection } from "../shared/connection.js";
import { attempt, byId, element, setHidden, setText, showText, showTroubles } from "../shared/dom.js";
import { NO_ANSWER, percent } from "../shared/phrases.js";
import { listenForBooks } from "./books/dropping.js";
import { BookOptions } from "./books/options.js";
import { Books } from "./books/rows.js";
import { Uploads } from "./books/uploads.js";
import { Colours } from "./colours.js";
import { Door } from "./door.js";
import { Models } from "./models.js";
import { Notifications } from "./notifications.js";
import { Pcs } from "./pcs.js";
import { Settings } from "./settings.js";
import { Store } from "./store.js";

const NEWS_SECONDS = 12;
const MOST_NEWS = 4;

// The bar at the top: this PC's name and the sentence about what is going on; below it, what needs a person.
class Bar {
  constructor(store) {
    this.store = store;
    store.onChange((dirty) => this.#update(dirty));
  }

  showConnection(connected) {
    if (connected) return;
    setText(byId("sentence"), NO_ANSWER);
    document.title = "Not running · swarmstt";
  }

  #update(dirty) {
    if (!this.store.status) return;
    if (dirty.node) this.#showNode(this.store.status);
    if (dirty.node || dirty.list || dirty.books.size) this.#showTitle(this.store.status.node);
  }

  #showNode({ node, programs, version }) {
    setText(byId("node-name"), node.name);
    setText(byId("sentence"), node.headline);
    showText(byId("for-programs"), programs);
    setText(byId("version"), node.newer_version ?? `swarmstt ${version}`);
    showTwin(node.twin);
    showTroubles((node.troubles ?? []).filter((each) => each !== node.twin));
  }

  // So that a hidden page shows how far the work is.
  #showTitle(node) {
    const books = [...this.store.books.values()];
    const working = books.find((book) => book.state === "open" && !book.paused && book.tasks.in_progress > 0);
    const title = working ? `${percent(working.percent)} · ${node.name}` : `${node.name} · swarmstt`;
    if (document.title !== title) document.title = title;
  }
}

// Another PC has the identity of this one: one click gives this one its own.
function showTwin(sentence) {
  setText(byId("twin-text"), sentence ?? "");
  setHidden(byId("twin"), !sentence);
}

// News stays for a moment; what it says can be seen in the rows and cards afterwards.
class News {
  constructor(store) {
    this.store = store;
    this.shown = new Set(); // {line, workerId, wasAway}
    store.onNews((news) => this.#show(news));
    store.onChange((dirty) => dirty.node && this.#forgetOld());
  }

  #show({ text, worker_id: workerId }) {
    const holder = byId("news");
    const entry = { line: element("p", {}, text), workerId, wasAway: false };
    this.shown.add(entry);
    holder.append(entry.line);
    while (holder.children.length > MOST_NEWS) holder.firstElementChild.remove();
    setTimeout(() => {
      entry.line.remove();
      this.shown.delete(entry);
    }, 1000 * NEWS_SECONDS);
  }

  // That a PC went away is not news any more once it is back.
  #forgetOld() {
    for (const entry of this.shown) {
      const worker = this.store.status.workers.find((each) => each.worker_id === entry.workerId);
      if (worker?.state === "away") entry.wasAway = true;
      else if (worker && entry.wasAway) entry.line.remove();
    }
  }
}

function showConnection(connected) {
  bar.showConnection(connected);
  pcs.showConnection(connected);
}

const store = new Store();
const colours = new Colours(store); // first, so that this PC has its colour before anything is drawn
const options = new BookOptions(store);
const uploads = new Uploads();
new Books(store, colours);
const pcs = new Pcs(store, colours);
new Door(store);
new Settings();
new Models((name) => options.useModel(name), (bookId) => store.books.get(bookId)?.model);
const bar = new Bar(store);
byId("new-identity").addEventListener("click", () => attempt(byId("twin-trouble"), () => ask("POST", "/identity")));
new News(store);
new Notifications(store);
listenForBooks((files, name) => uploads.add(files, name, options.given()));
new Connection({ onMessage: (message) => store.receive(message), onState: showConnection });
