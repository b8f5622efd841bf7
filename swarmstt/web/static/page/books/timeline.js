// A book's audio from left to right to scale; what is pointed at is named.

import { element, setAttribute } from "../../shared/dom.js";
import { hideTip, showTip } from "../tooltip.js";
import { partAt, partText, summary, totalSeconds } from "./texts.js";
import { LARGE, ROW, paintTimeline } from "./timeline_painting.js";

export class Timeline {
  // `onPick` hears which part was clicked, of a large one.
  constructor(colours, { large = false, onPick = null } = {}) {
    this.colours = colours;
    this.size = large ? LARGE : ROW;
    this.large = large;
    this.book = null;
    this.parts = [];
    this.chosen = -1;
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.element = element("div", { class: large ? "timeline large" : "timeline", role: large ? "slider" : "img" }, this.canvas);
    this.element.addEventListener("pointermove", (event) => this.#pointed(event));
    this.element.addEventListener("pointerleave", () => this.#choose(-1));
    if (large) this.#listenToKeys();
    this.onPick = onPick;
    if (onPick) this.element.addEventListener("click", () => this.#pick());
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    this.forgetPalette = colours.onPaletteChange(() => this.draw());
  }

  close() {
    this.observer.disconnect();
    this.forgetPalette();
    if (this.chosen >= 0) hideTip();
  }

  show(book, parts) {
    this.parts = parts;
    this.describe(book);
    this.draw();
  }

  // Says what changed of the book without drawing its parts again.
  describe(book) {
    this.book = book;
    if (this.large) this.#showValue();
    else setAttribute(this.element, "aria-label", `${summary(book, this.parts)}.`);
  }

  // Large only: arrow keys go from part to part, Enter picks one.
  #listenToKeys() {
    setAttribute(this.element, "tabindex", "0");
    setAttribute(this.element, "aria-label", "Parts of the book");
    this.element.addEventListener("blur", () => this.#choose(-1));
    this.element.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" || event.key === " ") && this.chosen >= 0) {
        event.preventDefault();
        return this.#pick();
      }
      const last = this.parts.length - 1;
      const targets = { ArrowRight: this.chosen + 1, ArrowLeft: this.chosen - 1, Home: 0, End: last };
      if (!(event.key in targets) || last < 0) return;
      event.preventDefault();
      this.#choose(Math.max(0, Math.min(last, targets[event.key])));
      this.#nameChosen();
    });
  }

  #pick() {
    if (this.chosen < 0) return;
    hideTip();
    this.onPick?.(this.chosen);
  }

  #showValue() {
    const part = this.parts[Math.max(0, this.chosen)];
    setAttribute(this.element, "aria-valuemin", "1");
    setAttribute(this.element, "aria-valuemax", String(Math.max(1, this.parts.length)));
    setAttribute(this.element, "aria-valuenow", String(Math.max(0, this.chosen) + 1));
    setAttribute(this.element, "aria-valuetext", part ? partText(part, this.book) : summary(this.book, this.parts));
  }

  #pointed(event) {
    const box = this.canvas.getBoundingClientRect();
    const seconds = ((event.clientX - box.left) / box.width) * totalSeconds(this.book, this.parts);
    this.#choose(partAt(this.parts, seconds));
    if (this.chosen >= 0) showTip(partText(this.parts[this.chosen], this.book), event.clientX, box);
  }

  #nameChosen() {
    const box = this.canvas.getBoundingClientRect();
    const part = this.parts[this.chosen];
    const middle = (part.start_time + part.end_time) / 2 / totalSeconds(this.book, this.parts);
    showTip(partText(part, this.book), box.left + middle * box.width, box);
  }

  #choose(index) {
    if (index < 0) hideTip();
    if (index === this.chosen) return;
    this.chosen = index;
    if (this.large) this.#showValue();
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!width || !this.book) return;
    const scale = window.devicePixelRatio || 1;
    const height = this.size.ticks[1];
    if (this.canvas.width !== Math.round(width * scale)) this.canvas.width = Math.round(width * scale);
    if (this.canvas.height !== Math.round(height * scale)) this.canvas.height = Math.round(height * scale);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const total = totalSeconds(this.book, this.parts);
    const x = (seconds) => (total > 0 ? Math.round((seconds / total) * width * scale) / scale : 0);
    paintTimeline(pen, x, width, this);
  }
}
