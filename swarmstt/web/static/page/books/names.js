// Names that are spelled in several ways, with where they are, and how a person sets one right.

import { ask, bookPath, readPath } from "../../shared/api.js";
import { attempt, element, setHidden, showText } from "../../shared/dom.js";
import { clock } from "../../shared/phrases.js";

export class Names {
  constructor(id) {
    this.id = id;
    this.sending = Promise.resolve();
    this.groups = element("ul", { class: "names-found" });
    this.explained = element("p", { class: "quiet small" },
      "If two of these are one name, choose how it is spelled. All files are written again; nothing is transcribed again.");
    this.done = element("ul", { class: "names-found" });
    this.trouble = element("p", { class: "trouble" });
    this.element = element("section", {}, element("h3", {}, "Names"), this.explained, this.groups, this.done, this.trouble);
    showText(this.trouble, "");
  }

  show({ state, names, respelled }) {
    this.respelled = respelled;
    const replaced = Object.entries(respelled);
    setHidden(this.element, !["done", "merging"].includes(state) || (names.length === 0 && replaced.length === 0));
    setHidden(this.explained, names.length === 0);
    this.groups.replaceChildren(...names.map((group) => this.#group(group)));
    this.done.replaceChildren(...replaced.map(([heard, name]) => this.#replaced(heard, name)));
  }

  #group({ name, count, others }) {
    const spellings = [name, ...others.map((other) => other.name)];
    const places = others.flatMap((other) => [`, ${other.name} ${other.count} (`, ...this.#links(other), ")"]);
    return element("li", {}, element("span", {}, `${name} ${count}`, ...places), element("div", { class: "removal" },
      ...spellings.map((right) => element("button", { type: "button", onclick: () => this.#use(right, spellings) }, `Use ${right}`))));
  }

  #links({ count, places }) {
    const links = places.flatMap((start, place) => [
      place ? ", " : "", element("a", { href: `${readPath(this.id)}#t=${start.toFixed(1)}` }, clock(start)),
    ]);
    return count > places.length ? [...links, " …"] : links;
  }

  #replaced(heard, name) {
    const undo = element("button", { type: "button", "aria-label": `Undo ${heard}`, onclick: () => this.#keep(heard) }, "Undo");
    return element("li", {}, element("div", { class: "removal" }, element("span", {}, `“${heard}” is replaced with “${name}”.`), undo));
  }

  #use(right, spellings) {
    return this.#change((respelled) => {
      for (const each of spellings) respelled[each] = right;
      delete respelled[right];
    });
  }

  #keep(heard) {
    return this.#change((respelled) => delete respelled[heard]);
  }

  // One after the other, each from what the one before sent: a second click may come before the node has answered.
  #change(apply) {
    this.sending = this.sending.then(() => attempt(this.trouble, async () => {
      const respelled = { ...this.respelled };
      apply(respelled);
      await ask("POST", bookPath(this.id, "names"), { respelled });
      this.respelled = respelled;
    }));
    return this.sending;
  }
}
