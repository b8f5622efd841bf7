// The text of a book on the page: a passage for each part, made of headings and paragraphs, or of a quiet line if
// nothing is known yet. Passages out of view are not laid out.

import { element, setText } from "../shared/dom.js";
import { capital, clock, percent } from "../shared/phrases.js";
import { arrangeText, lastAt, layOut, wordAtPlace } from "./passages.js";

const LINE_CHARACTERS = 66;
const LINE_PIXELS = 30;

export class BookText {
  constructor(article) {
    this.article = article;
    this.passages = [];
    this.paragraphOf = new WeakMap(); // element → paragraph
  }

  // Shows this answer to `/text?from=…&until=…`; only passages that changed are made again.
  show(book, from = 0, until = Infinity) {
    const heads = JSON.stringify([book.chapters, book.gaps]);
    const isNew = heads !== this.heads;
    this.heads = heads;
    while (this.passages.length > book.parts.length) this.passages.pop().element.remove();
    const segments = shareOut(book.segments, book.parts);
    const chapters = shareOut(book.chapters, book.parts);
    const gaps = shareOut(book.gaps, book.parts);
    book.parts.forEach((part, place) => {
      const passage = this.passages[place] ?? this.#add(part);
      const asked = part.start < until && part.end > from;
      if (part.status !== "completed") passage.segments = null;
      else if (asked) passage.segments = segments[place] ?? [];
      passage.chapters = chapters[place] ?? [];
      passage.gaps = part.status === "completed" ? gaps[place] ?? [] : []; // a part that failed has a line of its own
      passage.breaks = [...passage.chapters, ...passage.gaps].map((each) => each.start);
    });
    layOut(this.passages).forEach((laid, place) => {
      const passage = this.passages[place];
      const isShown = passage.status === book.parts[place].status && sameItems(passage.laid, laid);
      if (isNew || !isShown) this.#fill(passage, book.parts[place], laid);
    });
    this.#showWaiting();
  }

  // The first and last second of the parts that are done but not shown; null if there are none.
  missing() {
    const without = this.passages.filter((each) => each.status === "completed" && !each.segments);
    return without.length ? [without[0].start, without[without.length - 1].end] : null;
  }

  #add(part) {
    const made = { start: part.start, element: element("section", { class: "passage" }), paragraphs: [], segments: null };
    this.passages.push(made);
    this.article.append(made.element);
    return made;
  }

  #fill(passage, part, laid) {
    Object.assign(passage, { start: part.start, end: part.end, status: part.status, progress: null, line: null, laid });
    const items = arrangeText(laid, passage.chapters, passage.gaps);
    passage.paragraphs = items.flatMap((item) => (item.paragraph ? [item.paragraph] : []));
    const made = items.map((item) => this.#made(item));
    if (!passage.segments) {
      passage.line = element("p", { class: part.status === "failed" ? "placeholder gap" : "placeholder" });
      made.push(passage.line);
    }
    const lines = passage.paragraphs.reduce((sum, each) => sum + Math.ceil(each.text.length / LINE_CHARACTERS) + 0.5, 0);
    passage.element.style.containIntrinsicSize = `auto ${Math.max(64, Math.round(lines * LINE_PIXELS))}px`;
    passage.element.replaceChildren(...made);
  }

  #made({ chapter, gap, paragraph }) {
    if (chapter) return heading(chapter);
    return gap ? element("p", { class: "placeholder gap", title: gap.reason }, `[${gap.text}]`) : this.#paragraph(paragraph);
  }

  #paragraph(paragraph) {
    const time = clock(paragraph.start);
    paragraph.element = element("p", { dir: "auto" },
      element("a", { class: "time", href: `#t=${paragraph.start.toFixed(1)}`, "aria-label": `Play from ${time}` }, time), paragraph.text);
    this.paragraphOf.set(paragraph.element, paragraph);
    return paragraph.element;
  }

  // A part that is not text yet may change without a new answer.
  setProgress(place, status, progress) {
    const passage = this.passages[place];
    if (!passage || !passage.line || status === "completed") return;
    Object.assign(passage, { status, progress });
    passage.line.classList.toggle("gap", status === "failed");
    this.#showWaiting();
  }

  // Parts that wait side by side have one line together.
  #showWaiting() {
    let run = null;
    const describe = () => run && setText(run.line, stateText(run));
    for (const passage of this.passages) {
      const waits = passage.line && passage.status === "pending";
      const joins = run?.status === "pending" && waits && !passage.chapters.length;
      passage.element.hidden = Boolean(joins);
      if (joins) run.until = passage.end;
      else {
        describe();
        run = passage.line ? passage : null;
        if (run) run.until = passage.end;
      }
    }
    describe();
  }

  // {paragraph, word} that is spoken at that moment; null if nothing is.
  at(seconds) {
    const paragraph = this.#paragraphAt(seconds);
    const word = paragraph?.words[lastAt(paragraph.words, seconds)];
    return word ? { paragraph, word } : null;
  }

  // A paragraph may have begun in an earlier passage, and go on through others.
  #paragraphAt(seconds) {
    for (let place = lastAt(this.passages, seconds); place >= 0; place -= 1) {
      const { paragraphs, segments } = this.passages[place];
      const found = paragraphs[lastAt(paragraphs, seconds)];
      if (found || !segments) return found;
    }
    return undefined;
  }

  // The element that stands where this moment is, also if there is no text yet.
  near(seconds) {
    const passage = this.passages[Math.max(0, lastAt(this.passages, seconds))];
    return this.#paragraphAt(seconds)?.element ?? passage?.paragraphs[0]?.element ?? passage?.element ?? null;
  }

  // The word under a pointer; null if there is none.
  wordUnder(event) {
    const holder = event.target.closest?.("p");
    const paragraph = holder && this.paragraphOf.get(holder);
    if (!paragraph) return null;
    const caret = caretAt(event.clientX, event.clientY);
    return caret && caret.node === textOf(paragraph) ? wordAtPlace(paragraph, caret.place) : null;
  }

  *paragraphs() {
    for (const passage of this.passages) yield* passage.paragraphs;
  }
}

export function textOf(paragraph) {
  return paragraph.element.lastChild;
}

function caretAt(x, y) {
  if (document.caretPositionFromPoint) {
    const caret = document.caretPositionFromPoint(x, y);
    return caret && { node: caret.offsetNode, place: caret.offset };
  }
  const range = document.caretRangeFromPoint?.(x, y);
  return range && { node: range.startContainer, place: range.startOffset };
}

function heading(chapter) {
  return element("h2", { dir: "auto", "data-start": String(chapter.start) }, chapter.title);
}

function stateText({ start, until, status, progress }) {
  const place = `${clock(start)} to ${clock(until)}`;
  if (status === "failed") return `${capital(place)} could not be transcribed and is left out.`;
  if (status === "in_progress") return `${place} is being transcribed${progress ? `, ${percent(100 * progress)}` : ""}.`;
  return `${place} waits for its turn.`;
}

function sameItems(one, other) {
  return one?.length === other.length && one.every((item, place) => item === other[place]);
}

// Segments, chapters or gaps by part: an array with a list for each part that has some.
function shareOut(items, parts) {
  const shares = [];
  for (const item of items) {
    const place = Math.max(0, lastAt(parts, item.start + 0.01));
    (shares[place] ??= []).push(item);
  }
  return shares;
}
