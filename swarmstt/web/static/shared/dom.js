// Small help with the document, and what the browser remembers of it. Text only ever becomes text, never markup.

import { withoutOptions } from "./phrases.js";

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.map((child) => (typeof child === "string" ? shown(child) : child)));
  return made;
}

// Text as it may be shown: without control characters, and without what makes letters appear in another order.
export function shown(text) {
  return String(text ?? "").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}

export function byId(id) {
  return document.getElementById(id);
}

// Touches the document only if something changed.
export function setText(target, text) {
  const fit = shown(text);
  if (target.textContent !== fit) target.textContent = fit;
}

// A long path is broken behind its folders, and not within a name.
export function breakable(text) {
  return text.split(/(?<=[/\\])/).flatMap((part) => [part, element("wbr")]);
}

export function setHidden(target, hidden) {
  if (target.hidden !== hidden) target.hidden = hidden;
}

// Sets the text of what is hidden while it has none.
export function showText(target, text) {
  setText(target, text ?? "");
  setHidden(target, !text);
}

export function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

// Makes the children of `parent` these elements in this order, moving as few as possible and keeping the focus.
export function arrange(parent, elements) {
  const focused = document.activeElement;
  const wanted = new Set(elements);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const each of elements) {
    if (each === next) next = next.nextElementSibling;
    else parent.insertBefore(each, next);
  }
  if (focused && focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

// Shows these sentences at the top of the page; what is there already stays as it is.
export function showTroubles(all) {
  const sentences = all.map(withoutOptions);
  const shown = [...byId("troubles").children];
  if (shown.map((each) => each.textContent).join("\n") === sentences.join("\n")) return;
  arrange(byId("troubles"), sentences.map((text) => element("div", { class: "trouble" }, text)));
}

// Does the work, and shows in `place` what went wrong with it; nothing if all went well.
export async function attempt(place, work) {
  let trouble = "";
  try {
    await work();
  } catch (error) {
    trouble = error.message;
  }
  showText(place, trouble);
}

// One view for each item, kept as long as its key is there. `make(item)` gives {element, update(item), close?()}.
export class KeyedList {
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
    this.views = new Map();
  }

  show(items, keyOf) {
    const keys = new Set(items.map(keyOf));
    for (const [key, view] of this.views) {
      if (keys.has(key)) continue;
      view.close?.();
      this.views.delete(key);
    }
    arrange(this.parent, items.map((item) => this.#view(keyOf(item), item).element));
  }

  #view(key, item) {
    const known = this.views.get(key);
    if (known) {
      known.update(item);
      return known;
    }
    const made = this.make(item);
    made.update(item);
    this.views.set(key, made);
    return made;
  }
}

// What this browser remembers between visits. If it remembers nothing, everything else works all the same.
export function remember(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // storage is off or full
  }
}

// The text that was remembered; null if there is none.
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
