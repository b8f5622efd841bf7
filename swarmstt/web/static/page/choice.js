// A question in its place, with what one can answer.

import { element, setHidden } from "../shared/dom.js";

export class Choice {
  constructor(question, answers, none, onClose) {
    this.onClose = onClose;
    const buttons = answers.map(([text, act]) => element("button", { type: "button", onclick: () => this.#close(act) }, text));
    this.none = element("button", { type: "button", class: "plain", onclick: () => this.#close() }, none);
    this.element = element("div", { class: "removal" }, element("span", {}, question), ...buttons, this.none);
    this.element.hidden = true;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    setHidden(this.element, false);
    this.element.querySelector("button").focus();
  }

  hide() {
    setHidden(this.element, true);
  }

  #close(act) {
    this.hide();
    act?.();
    this.onClose();
  }
}
