// Small help with the document. Text only ever becomes text, never markup.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

// Touches the document only where something changed.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export function setHidden(target, hidden) {
  if (target.hidden !== hidden) target.hidden = hidden;
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
