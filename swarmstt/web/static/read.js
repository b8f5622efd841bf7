// The reader: a book's text by chapter, with its voice; also while the book is still being transcribed.

import { bookPath } from "./api.js";
import { BookText } from "./booktext.js";
import { Connection } from "./connection.js";
import { arrange, byId, element, setText } from "./dom.js";
import { Finder } from "./finder.js";
import { Voice } from "./voice.js";
import { NO_ANSWER, percent } from "./words.js";

const WAIT_MILLISECONDS = 300;

const bookId = decodeURIComponent(location.pathname.split("/").pop());
const text = new BookText(byId("text"));
const voice = new Voice(text, bookId, (trouble) => tellTrouble("voice", trouble));
const finder = new Finder(text, (place) => voice.show(place));
const troubles = new Map();
let book = null;
let wanted = null; // the seconds that shall be asked for
let timer = null;
let failed = false;

function tellTrouble(kind, sentence) {
  if (sentence) troubles.set(kind, sentence);
  else troubles.delete(kind);
  arrange(byId("troubles"), [...troubles.values()].map((each) => element("div", { class: "trouble" }, each)));
}

async function fetchText(from, until) {
  const range = until === Infinity ? "" : `?from=${from}&until=${until}`;
  const answer = await fetch(`${bookPath(bookId, "text")}${range}`);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? "The book could not be read; try again.");
  return body;
}

// Asks for the text of these seconds too, in a moment, together with what else changes until then.
function ask(from, until) {
  wanted = wanted ? [Math.min(from, wanted[0]), Math.max(until, wanted[1])] : [from, until];
  timer ??= setTimeout(refresh, book ? WAIT_MILLISECONDS : 0);
}

async function refresh() {
  const [from, until] = wanted;
  wanted = null;
  try {
    show(await fetchText(from, until), from, until);
    failed = false;
    tellTrouble("text", null);
  } catch (error) {
    failed = true; // asked again once the node is back, which the connection tells
    if (error instanceof TypeError) tellTrouble("text", null);
    else tellTrouble("text", error.message);
    if (!book) setText(byId("title"), error instanceof TypeError ? "Opening the book…" : "No book to read");
  }
  timer = null;
  if (wanted) ask(...wanted);
}

function show(answer, from, until) {
  const first = book === null;
  book = answer;
  const title = book.title || book.filename;
  document.title = `${title} · swarmstt`;
  setText(byId("title"), title);
  setText(byId("author"), book.author ?? "");
  if (book.language) byId("text").lang = book.language;
  text.show(book, from, until);
  tellStanding();
  tellTrouble("audio", book.audio_trouble);
  voice.update(book);
  finder.refresh();
  if (first) voice.begin();
  const missing = text.missing();
  if (missing) ask(...missing);
}

function tellStanding() {
  const { state, percent: done, parts, reason } = book;
  if (state === "done") setText(byId("standing"), "");
  else if (state === "failed") setText(byId("standing"), reason || "This book could not be transcribed to its end.");
  else if (!parts.length) setText(byId("standing"), "Nothing is transcribed yet. The text appears here as it comes.");
  else setText(byId("standing"), `${percent(done)} is transcribed; the rest appears here as it comes.`);
}

// What the node tells of this book.
function heard(message) {
  if (message.type === "snapshot") {
    const known = message.books.find((each) => each.book_id === bookId);
    if (known && (failed || (book && outdated(known)))) ask(0, Infinity);
    return;
  }
  for (const change of message.changes) {
    if (change.type === "book" && change.book.book_id === bookId) heardOfBook(change.book);
    if (change.type === "task" && change.task.book_id === bookId) heardOfPart(change.task);
    if (change.type === "removed" && change.book_id === bookId) tellTrouble("text", "This book was removed.");
  }
}

function outdated(known) {
  const done = book.parts.filter((part) => part.status === "completed").length;
  return known.tasks.completed !== done || known.tasks.total !== book.parts.length || known.state !== book.state;
}

function heardOfBook(known) {
  if (!book) return;
  Object.assign(book, { percent: known.percent, duration: known.duration, reason: known.reason });
  tellStanding();
  const changed = known.tasks.total !== book.parts.length || known.state !== book.state
    || JSON.stringify(known.chapters) !== JSON.stringify(book.chapters) || known.read_whole !== book.read_whole;
  if (changed) ask(0, 0);
}

function heardOfPart(task) {
  const part = book?.parts[task.chunk_id];
  if (!part) return;
  if (task.status === "completed" && part.status !== "completed") ask(part.start, part.end);
  else text.setStanding(task.chunk_id, task.status, task.progress);
  if (task.status !== "completed") part.status = task.status;
}

function showConnection(connected) {
  document.body.classList.toggle("away", !connected);
  tellTrouble("node", connected ? null : NO_ANSWER);
}

byId("text").addEventListener("click", (event) => {
  if (String(getSelection())) return; // text was selected, to be copied
  const word = event.target.closest("a") ? null : text.wordUnder(event);
  if (word) voice.say(word);
});
ask(0, Infinity);
new Connection({ onMessage: heard, onState: showConnection });
