// The ebook of a book: what was found of it, and how a person gives a book one.

import { bookPath } from "../../shared/api.js";
import { element, setHidden, setText } from "../../shared/dom.js";
import { NO_ANSWER } from "../../shared/phrases.js";
import { count, portion, stretch } from "../phrases.js";

const READ = 0.5; // so much of a text was heard: it was read

export class Ebook {
  constructor(id) {
    this.id = id;
    this.line = element("p", { class: "quiet small" });
    this.found = element("ul", { class: "notes" });
    this.trouble = element("p", { class: "trouble" });
    this.input = element("input", { type: "file", accept: ".epub,application/epub+zip", hidden: true, "aria-label": "An ebook (EPUB)", onchange: () => this.#give() });
    this.choose = element("button", { type: "button", class: "plain", onclick: () => this.input.click() });
    this.element = element("section", {}, element("h3", {}, "Ebook"), this.line, this.found, this.trouble, this.choose, this.input);
    setHidden(this.trouble, true);
  }

  show(book) {
    this.book = book;
    const { ebook } = book;
    if (!this.choose.disabled) setText(this.choose, ebook ? "Use another ebook" : "Add the ebook");
    setText(this.line, lineOf(ebook));
    this.found.replaceChildren(...(ebook?.report ? findings(ebook.report) : []).map((text) => element("li", {}, text)));
  }

  async #give() {
    const [file] = this.input.files;
    if (!file) return;
    const form = new FormData();
    form.append("file", file, file.name);
    this.choose.disabled = true;
    setText(this.choose, `Reading ${file.name}`);
    const problem = await send(bookPath(this.id, "ebook"), form);
    this.choose.disabled = false;
    this.input.value = "";
    this.show(this.book);
    setText(this.trouble, problem);
    setHidden(this.trouble, !problem);
  }
}

// What went wrong, as a sentence; nothing if all is well.
async function send(path, form) {
  try {
    const answer = await fetch(path, { method: "POST", body: form });
    if (answer.ok) return "";
    return (await answer.json()).error ?? "That did not work; try again.";
  } catch {
    return NO_ANSWER;
  }
}

function lineOf(ebook) {
  if (!ebook) return "With the ebook (an EPUB), the text is the book's own, and you get the ebook with its sound.";
  if (ebook.trouble) return ebook.trouble;
  if (!ebook.report) return `${ebook.name} is used once all parts are done.`;
  return `${ebook.name}: ${portion(ebook.report.heard)} of what was heard is in it.`;
}

function findings({ documents, too_fast: fast, too_slow: slow, not_printed: more }) {
  const unread = documents.filter(({ found }) => found < READ);
  return [
    ...(unread.length ? [`${count(unread.length, "text")} of ${documents.length} not read:`] : []),
    ...unread.map(({ title, found }) => `${title || "…"} (${portion(found)} was heard)`),
    ...fast.map((passage) => `Too fast: ${placed(passage)}`),
    ...slow.map((passage) => `Too slow: ${placed(passage)}`),
    ...more.map((passage) => `Heard, but not in the ebook: ${placed(passage)}`),
  ];
}

function placed({ start, end, text }) {
  return `${stretch(start, end)}: ${text}`;
}
