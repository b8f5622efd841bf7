// What an opened book shows: its timeline large, who did what, downloads, facts, and how to remove it.

import { ask, bookPath, resultPath } from "../../shared/api.js";
import { KeyedList, attempt, breakable, element, setHidden, setText } from "../../shared/dom.js";
import { capital } from "../../shared/phrases.js";
import { language, length, modelName, moment, portion, speed, stretch } from "../phrases.js";
import { Chapters } from "./chapters.js";
import { Ebook } from "./ebook.js";
import { FileOrder } from "./file_order.js";
import { Names } from "./names.js";
import { PartPanel } from "./part_panel.js";
import { shares } from "./texts.js";
import { Timeline } from "./timeline.js";

const LEGEND = [
  ["done", "done"], ["decoding", "in progress"], ["waiting", "waiting"], ["gap", "missing"],
  ["again", "reassigned to another PC"], ["doubled", "two PCs at once"],
];

const SPELLED = "Spelled differently"; // notes about names are shown with their buttons

export class BookDetails {
  constructor(row) {
    this.row = row;
    this.part = new PartPanel(row.id);
    this.timeline = new Timeline(row.colours, { large: true, onPick: (index) => this.#pick(index) });
    this.people = element("tbody");
    this.peopleList = new KeyedList(this.people, () => new Person(row.colours));
    this.nobody = element("p", { class: "quiet small" }, "Nobody has begun yet.");
    this.table = element("table", { class: "who" },
      element("thead", {}, element("tr", {},
        ...["PC", "Parts", "Audio", "Share", "Speed"].map((head) => element("th", { scope: "col" }, head)))),
      this.people);
    this.downloads = element("div", { class: "downloads" });
    this.folder = element("button", { type: "button", onclick: () => this.#showFolder() }, "Show in folder");
    this.folderTrouble = element("p", { class: "trouble small", role: "alert", hidden: true });
    this.downloadSection = section("Downloads", this.downloads, this.folderTrouble);
    this.gaps = element("ul", { class: "gaps" });
    this.gapSection = section("Left out", this.gaps);
    this.notes = element("ul", { class: "notes" });
    this.noteSection = section("Notes", this.notes);
    this.facts = element("dl", { class: "facts" });
    this.chapters = new Chapters(row.id);
    this.names = new Names(row.id);
    this.ebook = new Ebook(row.id);
    this.files = new FileOrder(row.id);
    this.first = element("button", { type: "button", class: "plain", onclick: () => this.#doFirst() }, "Do this first");
    this.removal = new Removal(row);
    this.element = element("div", { class: "details" },
      element("section", {}, this.timeline.element, legend(), this.part.element),
      element("div", { class: "details-columns" },
        section("Who did what", this.table, this.nobody),
        element("div", { class: "details-columns" }, this.downloadSection, this.gapSection, this.noteSection,
          this.chapters.element, this.names.element, this.ebook.element,
          section("About this book", this.facts, this.#otherModels(), this.first, this.removal.element), this.files.element)));
  }

  #otherModels() {
    const compare = () => document.dispatchEvent(new CustomEvent("compare-models", { detail: this.row.id }));
    return element("p", {}, element("button", { type: "button", onclick: compare }, "Compare models"));
  }

  close() {
    this.timeline.close();
  }

  async #doFirst() {
    if (await this.row.act("first")) setText(this.first, "It comes first now");
  }

  #showFolder() {
    return attempt(this.folderTrouble, () => ask("POST", bookPath(this.row.id, "show")));
  }

  #pick(index) {
    this.part.choose(index);
    this.part.show(this.row.book, this.timeline.parts);
  }

  show(book, parts) {
    setHidden(this.first, book.state !== "open" || this.row.store.openBooks() < 2);
    this.timeline.show(book, parts);
    this.part.show(book, parts);
    const guests = this.row.store.guests();
    const people = shares(parts).map((one) => ({ ...one, guest: guests.has(one.id) }));
    const together = people.reduce((sum, one) => sum + one.seconds, 0);
    this.peopleList.show(people.map((one) => ({ ...one, together })), (one) => one.id);
    setHidden(this.table, people.length === 0);
    setHidden(this.nobody, people.length > 0);
    this.#showOnce(book);
  }

  // These parts change seldom: they are made again only if what they show changed.
  #showOnce(book) {
    const facts = factsOf(book);
    const shown = JSON.stringify([facts, book.state, book.gaps, book.files, book.audio_files, book.left_out, book.ebook,
      book.chapters, book.chapters_edited, book.names, book.respelled, book.notes]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.facts.replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, ...breakable(value))]));
    this.chapters.show(book);
    this.names.show(book);
    this.ebook.show(book);
    this.files.show(book);
    const written = new Set(book.files.map((file) => file.format));
    const formats = this.row.store.status.formats.filter(({ name }) => !written.size || written.has(name));
    setHidden(this.downloadSection, book.state !== "done");
    this.downloads.replaceChildren(...formats.map(({ name, label }) =>
      element("a", { class: "button", href: resultPath(book.book_id, name), download: true }, label)),
      ...(book.files.length ? [this.folder] : []));
    const notes = book.names.length ? book.notes.filter((note) => !note.startsWith(SPELLED)) : book.notes;
    setHidden(this.noteSection, notes.length === 0);
    this.notes.replaceChildren(...notes.map((note) => element("li", {}, note)));
    setHidden(this.gapSection, book.gaps.length === 0);
    this.gaps.replaceChildren(...book.gaps.map((gap) =>
      element("li", {}, `${stretch(gap.start, gap.end)}: ${gap.reason || "could not be transcribed"}`)));
  }
}

function section(title, ...content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

function legend() {
  return element("ul", { class: "legend" }, ...LEGEND.map(([kind, text]) =>
    element("li", {}, element("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text)));
}

function factsOf(book) {
  const facts = [["File", book.filename]];
  if (book.narrator) facts.push(["Read by", book.narrator]);
  if (book.series) facts.push(["Series", book.series]);
  if (book.duration) facts.push(["Length", `${book.read_whole ? "" : "about "}${length(book.duration)}`]);
  facts.push(["Language", book.language ? language(book.language) : "not known yet"]);
  if (book.state === "done" && book.speed) facts.push(["Speed", speed(book.speed)]);
  if (book.task === "translate") facts.push(["Output", "English translation"]);
  facts.push(["Model", book.model_choice ?? modelName(book.model)]);
  if (book.added_at) facts.push(["Added", capital(moment(book.added_at))]);
  const [first] = book.files;
  if (first) facts.push(["Saved in", first.path.replace(/[/\\][^/\\]*$/, "")]);
  return facts;
}

class Person {
  constructor(colours) {
    this.colours = colours;
    this.swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    this.name = element("span");
    this.cells = Array.from({ length: 4 }, () => element("td"));
    this.element = element("tr", {}, element("td", {}, element("span", { class: "name" }, this.swatch, this.name)), ...this.cells);
  }

  update(one) {
    this.swatch.dataset.slot = this.colours.slotOf(one.id);
    setText(this.name, `${one.name || "A PC"}${one.guest ? " (guest)" : ""}`);
    const texts = [
      one.doing ? `${one.parts ? `${one.parts}, ` : ""}${one.doing} in progress` : String(one.parts),
      length(one.seconds),
      one.together ? portion(one.seconds / one.together) : "–",
      one.processing ? speed(one.seconds / one.processing) : "–",
    ];
    texts.forEach((text, place) => setText(this.cells[place], one.parts || place === 0 ? text : "–"));
  }
}

// Removing asks once more, in place.
class Removal {
  constructor(row) {
    this.ask = element("button", { type: "button", class: "plain", onclick: () => this.#sure(true) }, "Remove this book");
    this.yes = element("button", { type: "button", class: "mend", onclick: () => row.act("remove") }, "Remove");
    this.no = element("button", { type: "button", onclick: () => this.#sure(false) }, "Keep");
    this.question = element("div", { class: "removal" }, element("span", {}, "Remove this book? Saved transcripts are kept."), this.yes, this.no);
    this.element = element("div", { class: "removal" }, this.ask, this.question);
    setHidden(this.question, true);
  }

  #sure(asking) {
    setHidden(this.ask, asking);
    setHidden(this.question, !asking);
    (asking ? this.no : this.ask).focus();
  }
}
