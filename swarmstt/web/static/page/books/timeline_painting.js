// Draws a book's audio: a cell for each part, hollow while it waits, hatched as far as it is decoded, solid when done,
// warm and crossed if it is a gap. A notch: it was lost once, and reassigned. A strip below in the colour of another
// PC: that one works on it too, or did. Where sound or words are missing is a hole, as of a gap. Ticks below are chapters.

import { holesOf, rivals, wasLost } from "./texts.js";

// Pixels from the top, or along.
export const ROW = { cells: 18, notch: 6, strip: 4, ticks: [21, 26] };
export const LARGE = { cells: 44, notch: 10, strip: 10, ticks: [48, 56] };

const CLEFT = 2; // pixels between a cell and its strip
const HATCH = 5; // pixels from stroke to stroke
const WIDE = 5; // pixels from which a cell has a border of its own
const NARROW = 3; // pixels: if parts are narrower on the whole, several share a cell
const SHARED = 7; // pixels of such a cell
const HOLE = 3; // pixels that a hole has at least

// `x` gives the place of a second of the book.
export function paintTimeline(pen, x, width, { book, parts, chosen, size, colours }) {
  const palette = colours.palette();
  const paint = { ...palette, of: (id) => palette.pcs[colours.slotOf(id)] };
  pen.fillStyle = paint.track;
  pen.fillRect(0, 0, width, size.cells);
  if (width < NARROW * parts.length) paintTogether(pen, parts, x, width, size.cells, paint);
  else for (const part of parts) if (part) paintPart(pen, part, x(part.start_time), x(part.end_time), size, paint);
  for (const hole of holesOf(book, parts)) paintHole(pen, x(hole.start), x(hole.end), width, size.cells, paint);
  paintChapters(pen, book.chapters.map((chapter) => Math.min(x(chapter.start), width - 1)), size.ticks, paint.quiet);
  if (parts[chosen]) paintChosen(pen, x(parts[chosen].start_time), x(parts[chosen].end_time), size.cells, paint.ink);
}

// As wide as what is missing, and never too narrow to be seen, also where the end of the book is missing.
function paintHole(pen, start, end, most, height, paint) {
  const width = Math.max(HOLE, end - start);
  const left = Math.min(start, most - width);
  pen.fillStyle = paint.surface;
  pen.fillRect(left - 1, 0, width + 2, height);
  pen.fillStyle = paint.warm;
  pen.fillRect(left, 0, width, height);
  if (width >= WIDE) hatch(pen, left, width, height, paint.surface, true);
}

function paintChapters(pen, places, [top, bottom], colour) {
  pen.fillStyle = colour;
  for (const place of places) pen.fillRect(place, top, 1, bottom - top);
}

function paintChosen(pen, left, right, height, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.strokeRect(left + 1, 1, Math.max(2, right - left - 2), height - 2);
}

function paintPart(pen, part, left, right, { cells: height, notch, strip }, paint) {
  paintCell(pen, part, left, right, height, paint);
  const rival = rivals(part)[0];
  if (rival) paintStrip(pen, left, right, height, strip, paint.of(rival.worker_id), paint.surface);
  if (wasLost(part)) paintNotch(pen, right - border(left, right), Math.min(notch, right - left), paint);
}

// Of hundreds of parts: cells of one width, in each the colours of its parts as high as their share, from below. What
// waits is left empty, what is in progress is pale, and a part that failed is never too small to be seen.
function paintTogether(pen, parts, x, width, height, paint) {
  const cells = [];
  for (const part of parts) {
    if (!part) continue;
    const middle = (x(part.start_time) + x(part.end_time)) / 2;
    (cells[Math.min(Math.floor(middle / SHARED), Math.floor(width / SHARED))] ??= []).push(part);
  }
  cells.forEach((inside, place) => paintShared(pen, inside, place * SHARED, Math.min(SHARED, width - place * SHARED) - 1, height, paint));
}

function paintShared(pen, inside, left, width, height, paint) {
  pen.fillStyle = paint.surface;
  pen.fillRect(left, 0, width, height);
  let bottom = height;
  const stack = (colour, number, alpha = 1) => {
    if (!number) return;
    const tall = (height * number) / inside.length;
    pen.globalAlpha = alpha;
    pen.fillStyle = colour;
    pen.fillRect(left, bottom - tall, width, tall);
    pen.globalAlpha = 1;
    bottom -= tall;
  };
  for (const [status, alpha] of [["completed", 1], ["in_progress", 0.5]]) {
    const colours = inside.filter((part) => part.status === status).map((part) => paint.of(part.worker_id ?? ""));
    for (const colour of [...new Set(colours)].sort()) stack(colour, colours.filter((each) => each === colour).length, alpha);
  }
  if (inside.every((part) => part.status === "pending")) paintHollow(pen, left, width, height, paint.hollow, width >= WIDE);
  const failed = inside.filter((part) => part.status === "failed").length;
  if (!failed) return;
  pen.fillStyle = paint.warm;
  pen.fillRect(left, 0, width, Math.max(HOLE, (height * failed) / inside.length));
}

function border(left, right) {
  return right - left >= WIDE ? 1 : 0;
}

function paintCell(pen, part, left, right, height, paint) {
  const wide = right - left >= WIDE;
  const width = Math.max(0.5, right - left - (wide ? 1 : 0));
  if (part.status === "pending") {
    pen.fillStyle = paint.surface;
    pen.fillRect(left, 0, width, height);
    return paintHollow(pen, left, width, height, paint.hollow, wide);
  }
  if (part.status === "failed") {
    pen.fillStyle = paint.warm;
    pen.fillRect(left, 0, width, height);
    if (wide) hatch(pen, left, width, height, paint.surface, true);
    return;
  }
  const colour = paint.of(part.worker_id ?? "");
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
  pen.fillRect(left, height - strip, Math.max(0.5, right - left - border(left, right)), strip);
}

function paintNotch(pen, right, size, paint) {
  pen.fillStyle = paint.surface;
  pen.beginPath();
  pen.moveTo(right - size, 0);
  pen.lineTo(right, 0);
  pen.lineTo(right, size);
  pen.fill();
  pen.strokeStyle = paint.ink;
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
