// How new books are done: a small folded form, remembered while the page is open.

import { byId, element, setText } from "./dom.js";
import { language } from "./words.js";

// What Whisper can hear.
const LANGUAGES = `af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht
  hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd
  si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh`.split(/\s+/);

const FIELDS = {
  language: "option-language",
  model: "option-model",
  task: "option-task",
  hotwords: "option-hotwords",
  initial_prompt: "option-prompt",
};

export class Options {
  constructor(store) {
    const choices = LANGUAGES.map((code) => [language(code), code]).sort(([one], [other]) => one.localeCompare(other));
    byId(FIELDS.language).append(...choices.map(([name, code]) => element("option", { value: code }, name)));
    byId("options").addEventListener("input", () => this.#tell());
    store.onChange((dirty) => {
      if (dirty.node) byId(FIELDS.model).placeholder = `${store.status.node.model}, as this PC is set`;
    });
    this.#tell();
  }

  // The options that were given, by their names in the API.
  given() {
    const values = Object.entries(FIELDS).map(([name, id]) => [name, byId(id).value.trim()]);
    return Object.fromEntries(values.filter(([, value]) => value));
  }

  #tell() {
    const { language: code, model, task, hotwords, initial_prompt: prompt } = this.given();
    const texts = [code && language(code), model, task && "into English", hotwords && "with names", prompt && "with a style"];
    const chosen = texts.filter(Boolean).join(", ");
    setText(byId("options-chosen"), chosen || "as usual");
  }
}
