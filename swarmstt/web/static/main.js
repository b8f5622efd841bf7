// The page: joins the connection, what is known, and the views of it.

import { Books } from "./books.js";
import { setOwn } from "./colours.js";
import { Connection } from "./connection.js";
import { arrange, byId, element, setText } from "./dom.js";
import { Door } from "./door.js";
import { listenForBooks } from "./drop.js";
import { Options } from "./options.js";
import { Pcs } from "./pcs.js";
import { Settings } from "./settings.js";
import { Store } from "./store.js";
import { addUpload } from "./uploads.js";
import { NO_ANSWER, percent, sentence } from "./words.js";

const NEWS_SECONDS = 12;
const MOST_NEWS = 4;

const newsOfPcs = new Set(); // {line, workerId, wasAway}
const store = new Store();
store.onChange((dirty) => dirty.node && setOwn(store.status.node.node_id)); // first, before anything is coloured
const options = new Options(store);
new Books(store);
new Pcs(store);
new Door(store);
new Settings();
store.onChange(showBar);
store.onChange(forgetOldNews);
store.onNews(tell);
listenForBooks((files, name) => addUpload(files, name, options.given()));
new Connection({ onMessage: (message) => store.receive(message), onState: showConnection });

function showBar(dirty) {
  if (!store.status || !(dirty.node || dirty.list || dirty.books.size)) return;
  const { node, workers, version } = store.status;
  const books = [...store.books.values()];
  const working = books.find((book) => book.state === "open" && !book.paused && book.tasks.in_progress > 0);
  setText(byId("node-name"), node.name);
  setText(byId("sentence"), sentence(node, workers, books));
  setText(byId("version"), `swarmstt ${version}`);
  const title = working ? `${percent(working.percent)} · ${node.name}` : `${node.name} · swarmstt`;
  if (document.title !== title) document.title = title;
  if (dirty.node) showTroubles(node.troubles ?? []);
}

function showTroubles(troubles) {
  const shown = [...byId("troubles").children];
  if (shown.map((each) => each.textContent).join("\n") === troubles.join("\n")) return;
  arrange(byId("troubles"), troubles.map((text) => element("div", { class: "trouble" }, text)));
}

function showConnection(connected) {
  document.body.classList.toggle("away", !connected);
  if (!connected) setText(byId("sentence"), NO_ANSWER);
}

// News stays for a moment; what it says can be seen in the rows and cards afterwards.
function tell({ text, worker_id: workerId }) {
  const news = byId("news");
  const line = element("p", {}, text);
  const told = { line, workerId, wasAway: false };
  newsOfPcs.add(told);
  news.append(line);
  while (news.children.length > MOST_NEWS) news.firstElementChild.remove();
  setTimeout(() => {
    line.remove();
    newsOfPcs.delete(told);
  }, 1000 * NEWS_SECONDS);
}

// That a PC went away is no news any more once it is back.
function forgetOldNews(dirty) {
  if (!dirty.node) return;
  for (const told of newsOfPcs) {
    const worker = store.status.workers.find((each) => each.worker_id === told.workerId);
    if (worker?.state === "away") told.wasAway = true;
    else if (worker && told.wasAway) told.line.remove();
  }
}
