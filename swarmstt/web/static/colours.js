// The colour of each PC: one of twelve, the same as long as this browser remembers; this PC itself has the first.

const SLOTS = 12;
const MOST_REMEMBERED = 60;
const KEY = "swarmstt.colours";

let slots = remembered();
let ownId = null;

function remembered() {
  try {
    return new Map(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    return new Map(); // storage is off, or holds something else
  }
}

function remember() {
  try {
    localStorage.setItem(KEY, JSON.stringify([...slots].slice(-MOST_REMEMBERED)));
  } catch {
    // without storage the colours last as long as the page
  }
}

export function setOwn(id) {
  ownId = id;
}

export function slotOf(id) {
  if (id === ownId) return 0;
  if (!slots.has(id)) {
    slots.set(id, freeSlot());
    remember();
  }
  return slots.get(id);
}

// The first of those that are used least: they come in the order in which they are easiest to tell apart.
function freeSlot() {
  const uses = new Array(SLOTS).fill(0);
  uses[0] = Infinity; // this PC's
  for (const slot of slots.values()) uses[slot] += 1;
  return uses.indexOf(Math.min(...uses));
}

let painted = null;

// The colours as the canvas needs them, read anew when light turns to dark.
export function palette() {
  if (painted) return painted;
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  painted = {
    pcs: Array.from({ length: SLOTS }, (_, slot) => read(`--pc-${slot}`)),
    surface: read("--surface"),
    track: read("--track"),
    hollow: read("--hollow"),
    quiet: read("--quiet"),
    ink: read("--ink"),
    warm: read("--warm"),
  };
  return painted;
}

export function onPaletteChange(listener) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    painted = null;
    listener();
  });
}
