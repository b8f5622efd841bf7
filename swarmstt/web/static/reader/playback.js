// The voice and the text together: the player's controls, the spoken word, and the page that follows it.

import { byId, element, recall, remember, setAttribute, setHidden, setText } from "../shared/dom.js";
import { clock } from "../shared/phrases.js";
import { Highlighter, rangeOf } from "./highlights.js";
import { lastAt } from "./passages.js";
import { Player } from "./player.js";

const STEP_SECONDS = 15;
const KEY_STEP_SECONDS = 5;
const SILENT_SECONDS = 2; // after a word nobody says any more, nothing is marked
const REMEMBER_SECONDS = 5;
const EDGE_PIXELS = 96;

export class Playback {
  constructor(text, bookId, onTrouble) {
    this.text = text;
    this.key = `swarmstt.place.${bookId}`;
    this.following = true;
    this.highlighter = new Highlighter("spoken");
    this.spoken = null;
    this.remembered = 0;
    this.chapters = [];
    this.player = new Player(byId("audio"), {
      onTime: (seconds) => this.#shown(seconds), onState: () => this.#showControls(), onTrouble,
    });
    this.#listen();
  }

  #listen() {
    const { player } = this;
    byId("play").addEventListener("click", () => player.toggle());
    byId("back").addEventListener("click", () => this.go(player.time - STEP_SECONDS));
    byId("on").addEventListener("click", () => this.go(player.time + STEP_SECONDS));
    byId("place").addEventListener("input", (event) => this.go(Number(event.target.value)));
    byId("rate").addEventListener("change", (event) => (byId("audio").playbackRate = Number(event.target.value)));
    byId("chapters").addEventListener("change", (event) => this.go(this.chapters[event.target.value].start + 0.01));
    byId("to-voice").addEventListener("click", () => this.#follow());
    addEventListener("hashchange", () => this.#goToHash());
    for (const kind of ["wheel", "touchmove"]) addEventListener(kind, () => this.#scrolledAway(), { passive: true });
    addEventListener("pointerdown", (event) => event.clientX >= document.documentElement.clientWidth && this.#scrolledAway());
    addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"].includes(event.key)) return this.#scrolledAway();
    if (event.key === "/") byId("search").focus();
    else if (byId("player").hidden) return;
    else if (event.key === "ArrowLeft") this.go(this.player.time - KEY_STEP_SECONDS);
    else if (event.key === "ArrowRight") this.go(this.player.time + KEY_STEP_SECONDS);
    else if (event.key === " " && !event.target.closest("button, a")) this.player.toggle();
    else return;
    event.preventDefault();
  }

  // What is known of the book now.
  update(book) {
    setHidden(byId("player"), book.audio.length === 0);
    const parts = JSON.stringify(book.audio);
    if (book.audio.length && parts !== this.parts) {
      this.parts = parts;
      this.opening = this.player.open(book.audio).then(() => this.#showControls());
    }
    this.#listChapters(book.chapters);
    this.#describe(book);
    this.spoken = null;
    if (book.audio.length) this.#shown(this.player.time, { still: true });
  }

  #listChapters(chapters) {
    const shown = JSON.stringify(chapters);
    if (shown === this.shownChapters) return;
    this.shownChapters = shown;
    this.chapters = chapters;
    setHidden(byId("chapters"), chapters.length < 2);
    byId("chapters").replaceChildren(...chapters.map((each, place) => element("option", { value: String(place) }, each.title)));
  }

  // For the keys and screens of the system.
  #describe(book) {
    if (!navigator.mediaSession || typeof MediaMetadata !== "function") return;
    navigator.mediaSession.metadata = new MediaMetadata({ title: book.title || book.filename, artist: book.author ?? "" });
    navigator.mediaSession.setActionHandler("seekbackward", () => this.go(this.player.time - STEP_SECONDS));
    navigator.mediaSession.setActionHandler("seekforward", () => this.go(this.player.time + STEP_SECONDS));
  }

  // At the moment that the address names, else where this person was last.
  async begin() {
    await this.opening;
    if (!this.#goToHash()) {
      const seconds = Number(recall(this.key));
      if (seconds > 0) this.go(seconds);
    }
  }

  #goToHash() {
    const match = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (!match) return false;
    this.go(Number(match[1]) + 0.01);
    return true;
  }

  go(seconds) {
    this.player.seek(seconds);
    this.spoken = null;
    if (byId("player").hidden) this.text.near(seconds)?.scrollIntoView({ block: "start" });
    else this.#follow(Math.max(0, seconds));
  }

  say(word) {
    this.player.seek(word.start + 0.001);
    history.replaceState(null, "", `#t=${word.start.toFixed(1)}`);
    this.#follow(word.start + 0.001);
    if (!byId("player").hidden) this.player.play();
  }

  // A place that was searched for; the voice stays where it is.
  show(place) {
    this.#scrolledAway();
    bringIntoView(place);
  }

  #shown(seconds, { still = false } = {}) {
    this.#showTime(seconds);
    const found = this.text.at(seconds);
    const silent = !found || seconds - found.word.end > SILENT_SECONDS;
    const word = silent ? null : found.word;
    if (this.spoken === word && !still) return;
    this.spoken = word;
    this.place = silent ? null : { paragraph: found.paragraph, from: word.from, to: word.to };
    this.highlighter.set(this.place ? [this.place] : []);
    if (this.following && this.player.playing && this.place) bringIntoView(this.place);
  }

  #showTime(seconds) {
    const whole = Math.floor(seconds);
    if (whole !== this.shownSeconds) {
      this.shownSeconds = whole;
      setText(byId("now"), clock(whole));
      byId("place").value = String(whole);
      setAttribute(byId("place"), "aria-valuetext", `${clock(whole)} of ${clock(this.player.length)}`);
      const chapter = Math.max(0, lastAt(this.chapters, seconds + 0.1));
      if (this.chapters.length && document.activeElement !== byId("chapters")) byId("chapters").value = String(chapter);
    }
    if (Math.abs(seconds - this.remembered) >= REMEMBER_SECONDS) this.#remember(seconds);
  }

  #showControls() {
    const { playing, length } = this.player;
    setText(byId("play"), playing ? "Pause" : "Play");
    setAttribute(byId("play"), "aria-label", playing ? "Pause" : "Play");
    setAttribute(byId("place"), "max", String(Math.max(1, Math.ceil(length))));
    byId("place").value = String(Math.floor(this.player.time));
    setText(byId("length"), length ? clock(length) : "");
    setHidden(byId("to-voice"), this.following || byId("player").hidden);
  }

  #scrolledAway() {
    if (!this.following || !this.player.playing && !this.place) return;
    this.following = false;
    this.#showControls();
  }

  #follow(seconds = this.player.time) {
    this.following = true;
    this.spoken = null;
    this.#shown(seconds, { still: true });
    if (this.place) bringIntoView(this.place);
    else this.text.near(seconds)?.scrollIntoView({ block: "start" });
    this.#showControls();
  }

  #remember(seconds) {
    this.remembered = seconds;
    remember(this.key, seconds.toFixed(1));
  }
}

// Scrolls the place into view, if it is not well inside it.
function bringIntoView(place) {
  const holder = place.paragraph.element;
  if (outside(holder.getBoundingClientRect(), 0)) holder.scrollIntoView({ block: "center" }); // so that it is laid out
  const box = rangeOf(place).getBoundingClientRect();
  if (!outside(box, EDGE_PIXELS)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || outside(box, -innerHeight);
  scrollBy({ top: box.top - 0.35 * innerHeight, behavior: calm ? "instant" : "smooth" });
}

function outside(box, edge) {
  return box.top < edge || box.bottom > innerHeight - edge;
}
