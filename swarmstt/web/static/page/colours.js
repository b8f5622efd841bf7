// The colour of each PC: one of twelve, the same as long as this browser remembers; this PC itself has the first.

import { recall, remember } from "../shared/dom.js";

const SLOTS = 12;
const MOST_REMEMBERED = 60;
const KEY = "swarmstt.colours";

export class Colours {
  constructor(store) {
    this.ownId = null;
    this.slots = rememberedSlots(); // PC id → slot
    this.painted = null;
    this.listeners = new Set();
    store.onChange((dirty) => dirty.node && (this.ownId = store.status.node.node_id));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#changed());
  }

  slotOf(id) {
    if (id === this.ownId) return 0;
    if (!this.slots.has(id)) {
      this.slots.set(id, this.#freeSlot());
      remember(KEY, JSON.stringify([...this.slots].slice(-MOST_REMEMBERED)));
    }
    return this.slots.get(id);
  }

  // The first of those that are used least: they come in the order in which they are easiest to tell apart.
  #freeSlot() {
    const uses = new Array(SLOTS).fill(0);
    uses[0] = Infinity; // this PC's
    for (const slot of this.slots.values()) uses[slot] += 1;
    return uses.indexOf(Math.min(...uses));
  }

  // The colours as a canvas needs them, read again when light turns to dark.
  palette() {
    this.painted ??= readPalette();
    return this.painted;
  }

  // Calls back when the palette changes, until what is returned is called.
  onPaletteChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  #changed() {
    this.painted = null;
    for (const listener of this.listeners) listener();
  }
}

function rememberedSlots() {
  try {
    return new Map(JSON.parse(recall(KEY) ?? "[]"));
  } catch {
    return new Map(); // something else is stored there
  }
}

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    pcs: Array.from({ length: SLOTS }, (_, slot) => read(`--pc-${slot}`)),
    surface: read("--surface"),
    track: read("--track"),
    hollow: read("--hollow"),
    quiet: read("--quiet"),
    ink: read("--ink"),
    warm: read("--warm"),
  };
}
