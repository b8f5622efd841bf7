// The models: how good each is, how long it takes on the PCs that are here, fetching and removing them.

import { ask, askIfThere, bookPath } from "../shared/api.js";
import { KeyedList, attempt, byId, element, setHidden, setText, showText } from "../shared/dom.js";
import { openDialog } from "./dialogs.js";
import { aboutTime, fileSize, length } from "./phrases.js";

const LOOK_AGAIN_MS = 1000;

export class Models {
  // `use(name)`: new books of this page are to have that model; `modelOf(bookId)`: which a book was given.
  constructor(use, modelOf) {
    this.use = use;
    this.modelOf = modelOf;
    this.bookId = null;
    this.list = new KeyedList(byId("model-list"), () => new Row(this));
    byId("compare-models").addEventListener("click", () => this.open());
    byId("use-auto").addEventListener("click", () => this.choose("auto"));
    document.addEventListener("compare-models", ({ detail }) => this.open(detail));
  }

  // Times are for that book, or else for some book.
  async open(bookId = null) {
    this.bookId = bookId;
    openDialog("models");
    await this.load();
  }

  async load() {
    clearTimeout(this.timer);
    await attempt(byId("models-trouble"), () => this.#load());
  }

  async #load() {
    const answer = await askIfThere("GET", this.bookId ? `/models?book_id=${encodeURIComponent(this.bookId)}` : "/models");
    if (!answer) return setText(byId("models-for"), "This PC does not list its models.");
    const book = this.bookId ? "this book" : "a book";
    setText(byId("models-for"), `Times are for ${book} of ${length(answer.audio_seconds)}, on the PCs that are here now. For a model that none of them has used yet, the time is an estimate.`);
    this.list.show(answer.models, (model) => model.name);
    const isComing = answer.models.some((model) => model.fetching !== null);
    if (isComing && byId("models").open) this.timer = setTimeout(() => this.load(), LOOK_AGAIN_MS);
  }

  // Says if this book may be transcribed once more with a model.
  mayHave(model) {
    return this.bookId !== null && model.here && model.name !== this.modelOf(this.bookId);
  }

  async again(name) {
    const added = () => ask("POST", bookPath(this.bookId, "again"), { model: name }).then(() => byId("models").close());
    await attempt(byId("models-trouble"), added);
  }

  choose(name) {
    this.use(name);
    byId("models").close();
  }

  async act(work) {
    let trouble = "";
    try {
      await work();
    } catch (error) {
      trouble = error.message;
    }
    await this.load();
    if (trouble) showText(byId("models-trouble"), trouble);
  }
}

class Row {
  constructor(models) {
    this.models = models;
    this.name = element("span", { class: "name" });
    this.says = element("span", { class: "quiet" });
    this.progress = element("progress", { max: "100" });
    this.useIt = element("button", { type: "button", onclick: () => models.choose(this.model.name) }, "Use for new books");
    this.again = element("button", { type: "button", class: "again", onclick: () => models.again(this.model.name) }, "Transcribe this book again");
    this.fetch = element("button", { type: "button", onclick: () => models.act(() => ask("POST", "/models", { model: this.model.name })) }, "Download");
    this.remove = element("button", { type: "button", onclick: () => models.act(() => ask("DELETE", `/models/${encodeURIComponent(this.model.name)}`)) }, "Remove");
    this.trouble = element("div", { class: "trouble" });
    this.element = element("li", {}, this.name, this.says, this.progress, this.useIt, this.fetch, this.remove, this.again, this.trouble);
  }

  update(model) {
    this.model = model;
    setText(this.name, model.name);
    setText(this.says, factsOf(model).join(" · "));
    const isComing = model.fetching !== null;
    setHidden(this.progress, !isComing);
    this.progress.value = model.fetching ?? 0;
    this.progress.setAttribute("aria-label", `Download of ${model.name}`);
    setHidden(this.useIt, isComing);
    this.useIt.setAttribute("aria-label", `Use ${model.name} for new books`);
    setHidden(this.again, !this.models.mayHave(model));
    this.again.setAttribute("aria-label", `Transcribe this book again with ${model.name}`);
    setHidden(this.fetch, model.here || isComing);
    this.fetch.setAttribute("aria-label", `Download ${model.name}`);
    setHidden(this.remove, !model.removable || isComing);
    this.remove.setAttribute("aria-label", `Remove ${model.name} from this PC`);
    showText(this.trouble, model.trouble);
  }
}

function factsOf(model) {
  const facts = [];
  if (model.quality) facts.push(model.quality);
  if (model.english_only) facts.push("English only");
  if (model.seconds !== null) facts.push(aboutTime(model.seconds));
  facts.push(model.fetching !== null ? `${model.fetching}\u00a0% of ${fileSize(model.size_bytes)}` : fileSize(model.size_bytes));
  if (model.here) facts.push("on this PC");
  return facts;
}
