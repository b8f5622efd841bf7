// Highlights places of the text without touching the document. If a browser cannot do that, the spoken paragraph is.

import { textOf } from "./text.js";

const able = typeof Highlight === "function" && Boolean(CSS.highlights);

export function rangeOf({ paragraph, from, to }) {
  const range = document.createRange();
  range.setStart(textOf(paragraph), from);
  range.setEnd(textOf(paragraph), to);
  return range;
}

export class Highlighter {
  constructor(name) {
    this.name = name;
    this.paragraphs = [];
  }

  // places: [{paragraph, from, to}]
  set(places) {
    for (const { element } of this.paragraphs) element.classList.remove("spoken", "exact");
    this.paragraphs = this.name === "spoken" ? places.map((place) => place.paragraph) : [];
    for (const { element } of this.paragraphs) element.classList.add("spoken", ...(able ? ["exact"] : []));
    if (able) CSS.highlights.set(this.name, new Highlight(...places.map(rangeOf)));
  }
}
