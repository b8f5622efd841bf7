// Plays the files of a book as one stretch of sound.

import { NO_ANSWER } from "../shared/phrases.js";

export class Player {
  // parts: [{url, start, end}]; those without a start are measured first.
  constructor(audio, { onTime, onState, onTrouble }) {
    Object.assign(this, { audio, onTime, onState, onTrouble });
    this.parts = [];
    this.place = -1;
    this.frame = null;
    audio.addEventListener("play", () => this.#tick());
    for (const kind of ["play", "pause", "loadedmetadata", "ratechange"]) audio.addEventListener(kind, () => onState());
    audio.addEventListener("seeked", () => onTime(this.time));
    audio.addEventListener("timeupdate", () => onTime(this.time)); // a hidden page draws no frames
    audio.addEventListener("ended", () => this.#ended());
    audio.addEventListener("error", () => this.#failed());
  }

  async open(parts) {
    this.parts = parts.every((part) => part.start !== null) ? parts : await measured(parts);
    if (this.place < 0) this.#load(0, 0);
  }

  get time() {
    if (this.wanted !== null && this.wanted !== undefined) return this.wanted;
    return (this.parts[this.place]?.start ?? 0) + this.audio.currentTime;
  }

  get length() {
    const last = this.parts[this.parts.length - 1];
    if (!last) return 0;
    const fileSeconds = Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
    return this.parts.length === 1 ? Math.max(last.end, fileSeconds) : last.end;
  }

  get playing() {
    return !this.audio.paused;
  }

  seek(seconds) {
    if (!this.parts.length) return;
    const target = Math.max(0, Math.min(seconds, this.length || seconds));
    let place = this.parts.findIndex((part) => target < part.end);
    if (place < 0) place = this.parts.length - 1;
    const within = target - this.parts[place].start;
    if (place !== this.place) this.#load(place, within);
    else if (this.audio.readyState > 0) this.audio.currentTime = within;
    else this.#load(place, within);
    this.onTime(target);
  }

  async play() {
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name === "NotAllowedError") this.onState(); // the browser wants a click first
    }
  }

  toggle() {
    if (this.playing) this.audio.pause();
    else this.play();
  }

  #load(place, within) {
    const wasPlaying = this.playing;
    const { audio } = this;
    const { url, start } = this.parts[place];
    const rate = audio.playbackRate;
    this.place = place;
    this.wanted = start + within;
    audio.src = url;
    const ready = () => {
      audio.removeEventListener("loadedmetadata", ready);
      if (this.parts[this.place].url !== url || this.wanted === null) return;
      audio.playbackRate = rate;
      if (this.wanted > start) audio.currentTime = this.wanted - start;
      this.wanted = null;
      if (wasPlaying) this.play();
    };
    audio.addEventListener("loadedmetadata", ready);
  }

  #tick() {
    cancelAnimationFrame(this.frame);
    this.onTime(this.time);
    if (this.playing) this.frame = requestAnimationFrame(() => this.#tick());
  }

  #ended() {
    if (this.place + 1 >= this.parts.length) return this.onState();
    this.#load(this.place + 1, 0);
    this.play();
  }

  async #failed() {
    const { url } = this.parts[this.place];
    const answer = await fetch(url, { headers: { Range: "bytes=0-0" } }).catch(() => null);
    if (!answer) return this.onTrouble(NO_ANSWER);
    const said = answer.ok ? null : await answer.json().catch(() => null);
    this.onTrouble(said?.error ?? "This browser cannot play the audio of this book.");
  }
}

// The parts with the starts and ends that their files have; one that has none takes no time.
async function measured(parts) {
  let start = 0;
  const found = [];
  for (const { url } of parts) {
    const end = start + (await lengthOf(url));
    found.push({ url, start, end });
    start = end;
  }
  return found;
}

function lengthOf(url) {
  return new Promise((done) => {
    const probe = new Audio();
    probe.preload = "metadata";
    probe.addEventListener("loadedmetadata", () => done(Number.isFinite(probe.duration) ? probe.duration : 0));
    probe.addEventListener("error", () => done(0));
    probe.src = url;
  });
}
