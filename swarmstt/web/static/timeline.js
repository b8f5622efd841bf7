// A book's audio from left to right to scale, a cell for each part: hollow while it waits, hatched as far as it is
// decoded, solid when done, warm and crossed where it is a gap. A notch: it was lost once, and given out again. A strip below in the
// colour of another PC: that one works on it too, or did. Ticks below are chapters.

import { element, setAttribute } from "./dom.js";
import { onPaletteChange, palette, slotOf } from "./colours.js";
import { partAt, partText, rivals, summary, totalSeconds, wasLost } from "./parts.js";
import { hideTip, showTip } from "./tip.js";

const ROW = { cells: 18, notch: 6, strip: 4, ticks: [21, 26] };
const LARGE = { cells: 44, notch: 10, strip: 10, ticks: [48, 56] };
const CLEFT = 2; // pixels between a cell and its strip
const HATCH = 5; // pixels from stroke to stroke
const WIDE = 5; // pixels from which a cell has a border of its own

const drawn = new Set();
onPaletteChange(() => drawn.forEach((timeline) => timeline.draw()));

export class Timeline {
  // `onPick` hears which part was clicked, of a large one.
  constructor({ large = false, onPick = null } = {}) {
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
    drawn.add(this);
  }

  close() {
    this.observer.disconnect();
    drawn.delete(this);
    if (this.chosen >= 0) hideTip();
  }

  show(book, parts) {
    this.parts = parts;
    this.describe(book);
    this.draw();
  }

  // Tells what changed of the book without drawing its parts again.
  describe(book) {
    this.book = book;
    if (this.large) this.#tellValue();
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
      this.#tipAtChosen();
    });
  }

  #pick() {
    if (this.chosen < 0) return;
    hideTip();
    this.onPick?.(this.chosen);
  }

  #tellValue() {
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

  #tipAtChosen() {
    const box = this.canvas.getBoundingClientRect();
    const part = this.parts[this.chosen];
    const middle = (part.start_time + part.end_time) / 2 / totalSeconds(this.book, this.parts);
    showTip(partText(part, this.book), box.left + middle * box.width, box);
  }

  #choose(index) {
    if (index < 0) hideTip();
    if (index === this.chosen) return;
    this.chosen = index;
    if (this.large) this.#tellValue();
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
    this.#paint(pen, (seconds) => (total > 0 ? Math.round((seconds / total) * width * scale) / scale : 0), width);
  }

  #paint(pen, x, width) {
    const colours = palette();
    const height = this.size.cells;
    pen.fillStyle = colours.track;
    pen.fillRect(0, 0, width, height);
    for (const part of this.parts) if (part) paintPart(pen, part, x(part.start_time), x(part.end_time), this.size, colours);
    pen.fillStyle = colours.quiet;
    for (const chapter of this.book.chapters) {
      const place = Math.min(x(chapter.start), width - 1);
      pen.fillRect(place, this.size.ticks[0], 1, this.size.ticks[1] - this.size.ticks[0]);
    }
    const chosen = this.parts[this.chosen];
    if (!chosen) return;
    pen.strokeStyle = colours.ink;
    pen.lineWidth = 2;
    pen.strokeRect(x(chosen.start_time) + 1, 1, Math.max(2, x(chosen.end_time) - x(chosen.start_time) - 2), height - 2);
  }
}

function paintPart(pen, part, left, right, { cells: height, notch, strip }, colours) {
  paintCell(pen, part, left, right, height, colours);
  const rival = rivals(part)[0];
  if (rival) paintStrip(pen, left, right, height, strip, colours.pcs[slotOf(rival.worker_id)], colours.surface);
  if (wasLost(part)) paintNotch(pen, right - (right - left >= WIDE ? 1 : 0), Math.min(notch, right - left), colours);
}

function paintCell(pen, part, left, right, height, colours) {
  const wide = right - left >= WIDE;
  const width = Math.max(0.5, right - left - (wide ? 1 : 0));
  if (part.status === "pending") {
    pen.fillStyle = colours.surface;
    pen.fillRect(left, 0, width, height);
    return paintHollow(pen, left, width, height, colours.hollow, wide);
  }
  if (part.status === "failed") {
    pen.fillStyle = colours.warm;
    pen.fillRect(left, 0, width, height);
    if (wide) hatch(pen, left, width, height, colours.surface, true);
    return;
  }
  const colour = colours.pcs[slotOf(part.worker_id ?? "")];
  pen.fillStyle = colour;
  if (part.status === "completed") return pen.fillRect(left, 0, width, height);
  pen.globalAlpha = wide ? 0.16 : 0.5;
  pen.fillRect(left, 0, width, height);
  pen.globalAlpha = 1;
  if (!wide) return;
  hatch(pen, left, width * Math.min(1, part.progress ?? 0), height, colour, false);
  paintHollow(pen, left, width, height, colour, true);
}

function paintStrip(pen, left, right, height, strip, colour, surface) {
  pen.fillStyle = surface;
  pen.fillRect(left, height - strip - CLEFT, right - left, CLEFT);
  pen.fillStyle = colour;
  pen.fillRect(left, height - strip, Math.max(0.5, right - left - (right - left >= WIDE ? 1 : 0)), strip);
}

function paintNotch(pen, right, size, colours) {
  pen.fillStyle = colours.surface;
  pen.beginPath();
  pen.moveTo(right - size, 0);
  pen.lineTo(right, 0);
  pen.lineTo(right, size);
  pen.fill();
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(right - size, 0);
  pen.lineTo(right, size);
  pen.stroke();
}

function paintHollow(pen, left, width, height, colour, wide) {
  if (wide) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.strokeRect(left + 0.5, 0.5, width - 1, height - 1);
    return;
  }
  pen.fillStyle = colour; // too narrow for a border: the edges alone
  pen.fillRect(left, 0, width, 1);
  pen.fillRect(left, height - 1, width, 1);
}

// Strokes from corner to corner; crossed ones for gaps.
function hatch(pen, left, width, height, colour, crossed) {
  if (width <= 0) return;
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, width, height);
  pen.clip();
  pen.beginPath();
  for (let x = Math.floor((left - height) / HATCH) * HATCH; x < left + width + height; x += HATCH) {
    pen.moveTo(x, height);
    pen.lineTo(x + height, 0);
    if (!crossed) continue;
    pen.moveTo(x, 0);
    pen.lineTo(x + height, height);
  }
  pen.strokeStyle = colour;
  pen.lineWidth = crossed ? 1 : 2;
  pen.stroke();
  pen.restore();
}
