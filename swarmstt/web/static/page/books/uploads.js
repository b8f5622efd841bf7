// Uploads on their way to the node: how far each is, and what to do about one that failed.

import { byId, element, setHidden, setText } from "../../shared/dom.js";
import { percent, withoutOptions } from "../../shared/phrases.js";
import { count, fileSize } from "../phrases.js";
import { Question } from "./question.js";

const MOST_AT_ONCE = 2; // a browser opens few connections to one address, and the page needs some itself

const CANNOT_BE_USED = 400; // the answer to what is no audio: it would be the same the next time

export class Uploads {
  constructor() {
    this.going = new Set();
    this.waiting = [];
    this.asking = new Set(); // those that wait for an answer
    addEventListener("beforeunload", (event) => {
      if (this.going.size || this.waiting.length || this.asking.size) event.preventDefault();
    });
  }

  // Sends these files ([{file, path}]; null: they could not be read) as one book called `name` on the page.
  add(files, name, options) {
    const upload = new Upload(this, files, name, options);
    byId("uploads").append(upload.element);
    if (files?.length) upload.queue();
    else if (!files) upload.fail(`${name} could not be read; check that it is still there.`, false);
    else upload.fail(`There is no audio in ${name}.`, false);
  }

  queue(upload) {
    this.waiting.push(upload);
    this.#sendNext();
  }

  ended(upload) {
    this.going.delete(upload);
    this.asking.delete(upload);
    this.waiting = this.waiting.filter((each) => each !== upload);
    this.#sendNext();
  }

  #sendNext() {
    while (this.waiting.length && this.going.size < MOST_AT_ONCE) {
      const upload = this.waiting.shift();
      this.going.add(upload);
      upload.send();
    }
  }
}

class Upload {
  constructor(uploads, files, name, options) {
    Object.assign(this, { uploads, files, name, options });
    this.text = element("span", { class: "name" });
    this.progress = element("progress", { max: "1", value: "0", "aria-label": `Upload of ${name}` });
    this.cancel = element("button", { type: "button", onclick: () => this.#stop() }, "Cancel");
    this.troubleText = element("span");
    this.again = element("button", { type: "button", class: "mend", onclick: () => this.queue() }, "Try again");
    this.dismiss = element("button", { type: "button", class: "plain", onclick: () => this.element.remove() }, "Dismiss");
    this.trouble = element("div", { class: "trouble", role: "alert" }, this.troubleText, this.again, this.dismiss);
    this.question = new Question((decided) => this.#decided(decided), (sentence) => this.fail(sentence, false));
    this.element = element("li", { class: "upload" }, this.text, this.cancel, this.progress, this.question.element, this.trouble);
    setHidden(this.trouble, true);
  }

  queue() {
    this.#showGoing(true);
    setText(this.text, `${this.name} waits for its turn`);
    this.progress.value = 0;
    this.uploads.queue(this);
  }

  send() {
    setText(this.text, `Adding ${this.name}`);
    const request = (this.request = new XMLHttpRequest());
    request.open("POST", "/upload");
    request.upload.addEventListener("progress", (event) => this.#sent(event));
    request.addEventListener("load", () => this.#answered(request));
    request.addEventListener("error", () => this.fail("The upload was interrupted, and nothing of it was kept.", true));
    request.addEventListener("abort", () => this.#remove());
    request.send(this.#form());
  }

  // Options come first, so that the node can say at once what is wrong with them.
  #form() {
    const form = new FormData();
    if (this.files.length > 1) form.append("ask", "yes");
    for (const [option, value] of Object.entries(this.options)) form.append(option, value);
    for (const { file, path } of this.files) form.append("file", file, path);
    return form;
  }

  #sent({ loaded, total }) {
    const part = total ? loaded / total : 0;
    this.progress.value = part;
    const what = this.files.length > 1 ? `${this.name}, ${count(this.files.length, "file")}` : this.name;
    setText(this.text, loaded < total ? `Adding ${what}: ${percent(100 * part)} of ${fileSize(total)}` : `Reading ${what}`);
  }

  #answered(request) {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // not from our node: the plain sentence must do
    }
    if (request.status === 201) return this.#decided({ books: [answer], errors: [] });
    if (request.status === 202) return this.#ask(answer);
    this.fail(withoutOptions(answer.error ?? "This could not be added."), request.status !== CANNOT_BE_USED);
  }

  #ask(question) {
    this.uploads.ended(this);
    this.uploads.asking.add(this);
    setText(this.text, this.name);
    setHidden(this.cancel, true);
    setHidden(this.progress, true);
    this.question.show(question);
  }

  // What was there before is said, since no new row appears for it.
  #decided({ books, errors }) {
    const known = books.filter((book) => book.known).map(({ filename }) => `${filename} was added before, so it is not transcribed again.`);
    const sentences = [...errors.map(withoutOptions), ...known];
    if (!sentences.length) return this.#remove();
    this.fail(sentences.join(" "), false);
    this.trouble.classList.toggle("calm", !errors.length);
  }

  fail(sentence, mayTryAgain) {
    this.uploads.ended(this);
    this.trouble.classList.remove("calm");
    setText(this.text, this.name);
    setText(this.troubleText, sentence);
    setHidden(this.again, !mayTryAgain);
    this.#showGoing(false);
  }

  #showGoing(isGoing) {
    setHidden(this.cancel, !isGoing);
    setHidden(this.progress, !isGoing);
    setHidden(this.trouble, isGoing);
  }

  #stop() {
    if (this.uploads.going.has(this)) this.request.abort();
    else this.#remove();
  }

  #remove() {
    this.uploads.ended(this);
    this.element.remove();
  }
}
