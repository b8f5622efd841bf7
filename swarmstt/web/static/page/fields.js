// The options of a new book and the settings of this PC: a new one is one line of its table.
//
// name: as in the API. kind: text, number, time, choice (of choices: [value, text]), lines (one text), list (one a line).
// least, most, step: the range; of a text, most characters. onlyIf: [name, value] of the field that makes it matter.
// Of options, chosen(value): what the folded form says. Of settings, mustBe: said if it is empty or cannot be read;
// mayBeEmpty: then it is automatic, or none; called: its name in a sentence.

import { element, setHidden } from "../shared/dom.js";
import { language } from "./phrases.js";

// What Whisper can hear.
const LANGUAGES = `af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht
  hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd
  si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh`.split(/\s+/);
const LANGUAGE_CHOICES = LANGUAGES.map((code) => [code, language(code)]).sort(([, one], [, other]) => one.localeCompare(other));
const MODELS = [["tiny", "tiny (rough)"], ["base", "base (fair)"], ["small", "small (good)"], ["medium", "medium (very good)"], ["large-v3-turbo", "large-v3-turbo (excellent)"], ["large-v3", "large-v3 (best)"]];
export const BY_TOMORROW = "Best that finishes by tomorrow";

export const BOOK_OPTIONS = [
  { name: "language", label: "Language", kind: "choice", choices: [["", "Detect automatically"], ...LANGUAGE_CHOICES], chosen: language },
  { name: "model", label: "Model", kind: "choice", choices: [["", "Default"], ["auto", BY_TOMORROW], ...MODELS], chosen: (model) => (model === "auto" ? "the best model that is done by tomorrow" : model) },
  { name: "task", label: "Output", kind: "choice", choices: [["", "Original language"], ["translate", "English translation"]], chosen: () => "into English" },
  { name: "hotwords", label: "Names and rare words", kind: "text", most: 2000, wide: true, placeholder: "Weena, Morlocks, Eloi", chosen: () => "with names" },
  { name: "initial_prompt", label: "A few sentences in the style of the book", kind: "lines", most: 2000, wide: true, chosen: () => "with a style" },
];

const HELP_TIMES = [["always", "always"], ["not_on_battery", "when it is not on battery"], ["idle", "when nobody uses it"], ["hours", "at certain hours"]];

export const SETTINGS = [
  { name: "name", label: "Name of this PC", kind: "text", most: 60, called: "the name", mustBe: "Give this PC a name, such as Study." },
  { name: "model", label: "Model for new books", kind: "text", most: 200, suggestions: [], called: "the model", mustBe: "The model must be a name, such as base." },
  { name: "slots", label: "Parallel parts (empty = automatic)", kind: "number", least: 1, most: 64, mayBeEmpty: true, called: "the parallel parts", mustBe: "Parallel parts must be a whole number, such as 2." },
  { name: "memory_gb", label: "Memory for transcribing, in GB (empty = what is free)", kind: "number", least: 0.1, most: 1024, step: 0.1, mayBeEmpty: true, called: "the memory", mustBe: "Memory must be a number, such as 1.5." },
  { name: "help_when", label: "This PC helps others", kind: "choice", choices: HELP_TIMES },
  { name: "idle_minutes", label: "Minutes until it counts as unused", kind: "number", least: 1, most: 1440, onlyIf: ["help_when", "idle"], mustBe: "Minutes must be a whole number, such as 10." },
  { name: "help_from", label: "From", kind: "time", onlyIf: ["help_when", "hours"], mustBe: "From must be a time, such as 22:00." },
  { name: "help_until", label: "Until", kind: "time", onlyIf: ["help_when", "hours"], mustBe: "Until must be a time, such as 06:00." },
  { name: "drop_folders", label: "Folders that are watched for new books, one a line", kind: "list", wide: true, mayBeEmpty: true, called: "the folders" },
];

// A form made from one of these tables.
export class Form {
  constructor(parent, table) {
    this.fields = new Map(table.map((line) => [line.name, new Field(line, `${parent.id}-${line.name}`)]));
    parent.append(...[...this.fields.values()].map((field) => field.element));
    parent.addEventListener("change", () => this.#hideWhatDoesNotMatter());
    this.#hideWhatDoesNotMatter();
  }

  // Shows these values, by the names of their fields.
  show(values) {
    for (const [name, field] of this.fields) field.text = asText(values[name]);
    this.#hideWhatDoesNotMatter();
  }

  // The texts that are not empty, by the names of their fields.
  given() {
    const texts = [...this.fields].map(([name, field]) => [name, field.text]);
    return Object.fromEntries(texts.filter(([, text]) => text));
  }

  // The values that differ from those shown before; an Error says what a field must be. What is hidden does not matter to
  // what was chosen.
  changesOf(values) {
    const changes = {};
    for (const [name, field] of this.fields) {
      if (field.element.hidden) continue;
      const isChanged = field.text !== asText(values[name]);
      if (isChanged) field.check();
      else field.checkReadable();
      if (isChanged) changes[name] = field.value;
    }
    return changes;
  }

  #hideWhatDoesNotMatter() {
    for (const { element: shown, line } of this.fields.values()) {
      const [name, value] = line.onlyIf ?? [];
      setHidden(shown, name !== undefined && this.fields.get(name).text !== value);
    }
  }
}

class Field {
  constructor(line, id) {
    this.line = line;
    this.input = inputOf(line, id);
    this.element = element("p", { class: line.wide && "wide" }, element("label", { for: id }, line.label), this.input);
    if (line.suggestions) this.suggest(line.suggestions);
  }

  get text() {
    return this.input.value.trim();
  }

  set text(text) {
    this.input.value = text;
  }

  // As the API wants it.
  get value() {
    const { text } = this;
    if (this.line.kind === "number") return text ? Number(text) : null;
    if (this.line.kind === "list") return text.split("\n").map((each) => each.trim()).filter(Boolean);
    return text;
  }

  check() {
    this.checkReadable();
    if (!this.text && !this.line.mayBeEmpty) this.#refuse();
  }

  // A browser gives a text that it cannot read as an empty one.
  checkReadable() {
    if (this.input.validity.badInput) this.#refuse();
  }

  #refuse() {
    this.input.focus();
    throw new Error(this.line.mustBe);
  }

  // Of a choice: what the choice of nothing is called.
  callNothing(text) {
    this.input.options[0].textContent = text;
  }

  // Of a choice: chooses this value, also one that was not offered so far.
  choose(value) {
    if (![...this.input.options].some((each) => each.value === value)) this.input.append(element("option", { value }, value));
    this.input.value = value;
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  suggest(texts) {
    if (!this.suggestions) {
      this.suggestions = element("datalist", { id: `${this.input.id}-suggestions` });
      this.input.after(this.suggestions);
      this.input.setAttribute("list", this.suggestions.id);
    }
    this.suggestions.replaceChildren(...texts.map((text) => element("option", { value: text })));
  }
}

function inputOf({ kind, choices, least, most, step, placeholder }, id) {
  if (kind === "choice") return element("select", { id }, ...choices.map(([value, text]) => element("option", { value }, text)));
  if (kind === "lines") return element("textarea", { id, rows: 2, maxlength: most });
  if (kind === "list") return element("textarea", { id, rows: 2, spellcheck: "false" });
  if (kind === "text") return element("input", { id, maxlength: most, placeholder, autocomplete: "off", spellcheck: "false" });
  return element("input", { id, type: kind, min: least, max: most, step });
}

function asText(value) {
  if (Array.isArray(value)) return value.join("\n");
  return value === null || value === undefined ? "" : String(value);
}
