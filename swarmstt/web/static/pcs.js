// The PCs: a card each, this one first.

import { ask } from "./api.js";
import { slotOf } from "./colours.js";
import { KeyedList, byId, element, setAttribute, setHidden, setText } from "./dom.js";
import { clockTime, count, portion, speed } from "./words.js";

const HOUR_SECONDS = 3600;

export class Pcs {
  constructor(store) {
    this.store = store;
    this.list = new KeyedList(byId("pcs"), () => new Card());
    store.onChange((dirty) => dirty.node && this.#show(store.status));
  }

  #show(status) {
    const pcs = everyPc(status);
    for (const pc of pcs) pc.removable = !pc.own && Boolean(pc.peer) && Boolean(status.door) && !status.door.removed;
    this.list.show(pcs, (pc) => pc.id);
    const advice = status.door?.advice ?? "";
    setHidden(byId("no-pcs"), pcs.length > 1 || Boolean(advice));
  }
}

// Workers and peers by id: [{id, name, own, worker, peer, share, node}].
function everyPc({ node, workers, peers }) {
  const pcs = new Map([[node.node_id, { id: node.node_id, name: node.name, own: true, node }]]);
  const known = (id, name) => {
    if (!pcs.has(id)) pcs.set(id, { id, name, own: false });
    return pcs.get(id);
  };
  const together = workers.reduce((sum, worker) => sum + worker.done_seconds, 0);
  for (const worker of workers) {
    const id = worker.kind === "own" ? node.node_id : worker.worker_id;
    Object.assign(known(id, worker.name), { worker, share: together ? worker.done_seconds / together : null });
  }
  for (const peer of peers) Object.assign(known(peer.node_id, peer.name), { peer });
  return [...pcs.values()].sort((one, other) => other.own - one.own || one.name.localeCompare(other.name));
}

class Card {
  constructor() {
    this.swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    this.name = element("h3");
    this.pause = element("button", { type: "button", onclick: () => this.#paused() });
    this.choice = new Choice("Pause this PC:", [
      ["For an hour", () => this.#ask("POST", "/pause", { seconds: HOUR_SECONDS })],
      ["Until I go on", () => this.#ask("POST", "/pause")],
    ], "Do not pause", () => this.pause.focus());
    this.remove = element("button", { type: "button", class: "plain", onclick: () => this.#remove() }, "Remove this PC");
    this.removal = new Choice("It leaves the swarm until it is added again.", [
      ["Remove", () => this.#ask("DELETE", `/peers/${encodeURIComponent(this.pc.id)}`)],
    ], "Keep", () => {
      this.update(this.pc);
      this.remove.focus();
    });
    this.guest = element("p", { class: "quiet small" });
    this.doing = element("p", { class: "doing" });
    this.note = element("p", { class: "quiet small" });
    this.fetching = element("p", { class: "doing" });
    this.meters = element("div", { class: "meters", "aria-hidden": "true" });
    this.meterList = new KeyedList(this.meters, () => new Meter());
    this.values = ["Speed", "Share of the work", "Device"].map((name) => [element("dt", {}, name), element("dd")]);
    this.reason = element("div", { class: "trouble" });
    this.element = element("li", { class: "card" },
      element("div", { class: "card-head" }, this.swatch, this.name, this.pause),
      this.guest, this.doing, this.note, this.fetching, this.meters, element("dl", { class: "facts" }, ...this.values.flat()), this.reason,
      this.choice.element, this.remove, this.removal.element);
  }

  update(pc) {
    const standing = JSON.stringify([stateOf(pc), pc.node?.helping, pc.removable]);
    if (standing !== this.standing) this.problem = null; // what failed before may be otherwise now
    this.standing = standing;
    this.pc = pc;
    this.element.dataset.slot = this.swatch.dataset.slot = slotOf(pc.id);
    this.element.classList.toggle("is-away", !pc.own && stateOf(pc) === "away");
    setText(this.name, pc.own ? `${pc.name} (this PC)` : pc.name);
    const guest = guestText(pc.worker);
    setText(this.guest, guest);
    setHidden(this.guest, !guest);
    setHidden(this.pause, !pc.own || pc.node.no_helping);
    if (pc.own) setText(this.pause, pc.node.helping ? "Pause" : "Go on");
    if (!pc.node?.helping) this.choice.hide(); // it was paused elsewhere
    if (!pc.removable) this.removal.hide();
    setText(this.doing, doingText(pc));
    const note = pc.node && (pc.node.helping || pc.node.no_helping) ? pc.node.why_not_helping ?? "" : "";
    setText(this.note, note);
    setHidden(this.note, !note);
    setText(this.fetching, pc.node?.fetching ?? "");
    setHidden(this.fetching, !pc.node?.fetching);
    this.meterList.show(decodedNow(pc.worker), (each) => each.task_id);
    this.#updateFacts(pc);
    setHidden(this.remove, !pc.removable || this.removal.isOpen);
    setAttribute(this.remove, "aria-label", `Remove this PC, ${pc.name}`);
    const reason = this.problem ?? pc.worker?.reason ?? pc.peer?.reason ?? "";
    setText(this.reason, reason);
    setHidden(this.reason, !reason);
  }

  #updateFacts({ worker, share, own, node }) {
    const texts = [
      worker?.speed ? speed(worker.speed) : "",
      share === null || share === undefined ? "" : portion(share),
      deviceName(worker?.device ?? (own ? node.device : null)),
    ];
    this.values.forEach(([name, value], place) => {
      setText(value, texts[place]);
      setHidden(name, !texts[place]);
      setHidden(value, !texts[place]);
    });
  }

  #paused() {
    if (this.pc.node.helping) this.choice.open();
    else this.#ask("POST", "/resume");
  }

  #remove() {
    this.removal.open();
    this.update(this.pc);
  }

  async #ask(method, path, body) {
    try {
      await ask(method, path, body);
      this.problem = null;
    } catch (error) {
      this.problem = error.message;
    }
    this.update(this.pc);
  }
}

// A question in its place, with what one can answer.
class Choice {
  constructor(question, answers, none, onClose) {
    this.onClose = onClose;
    const buttons = answers.map(([text, act]) => element("button", { type: "button", onclick: () => this.#close(act) }, text));
    this.none = element("button", { type: "button", class: "plain", onclick: () => this.#close() }, none);
    this.element = element("div", { class: "removal" }, element("span", {}, question), ...buttons, this.none);
    this.element.hidden = true;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    setHidden(this.element, false);
    this.element.querySelector("button").focus();
  }

  hide() {
    setHidden(this.element, true);
  }

  #close(act) {
    this.hide();
    act?.();
    this.onClose();
  }
}

class Meter {
  constructor() {
    this.fill = element("span");
    this.element = element("div", { class: "meter" }, this.fill);
  }

  update({ progress }) {
    this.fill.style.transform = `scaleX(${Math.max(0, Math.min(1, progress ?? 0))})`;
  }
}

function stateOf({ worker, peer }) {
  return worker && (worker.state !== "away" || worker.reason) ? worker.state : peer?.state ?? worker?.state ?? "idle";
}

function deviceName(device) {
  return { cpu: "CPU", cuda: "NVIDIA GPU" }[device] ?? device ?? "";
}

// Who is no PC of the swarm is said to be none.
function guestText(worker) {
  if (worker?.kind !== "guest") return "";
  if (worker.invitation) return `Guest, by the invitation for ${worker.invitation}`;
  return worker.worker_id.includes("/") ? "Guest, by an invitation" : "Guest program on this PC";
}

// Of the parts in its hands those that it decodes: it fetches the next ahead, so that it need not wait for it.
function decodedNow(worker) {
  const furthestFirst = [...(worker?.doing ?? [])].sort((one, other) => other.progress - one.progress);
  return furthestFirst.slice(0, Math.max(1, worker?.slots ?? 1));
}

// What it does this second.
function doingText(pc) {
  const titles = new Map();
  const parts = decodedNow(pc.worker);
  for (const each of parts) titles.set(each.title, (titles.get(each.title) ?? 0) + 1);
  if (titles.size) {
    const texts = [...titles].map(([title, parts]) => `${count(parts, "part")} of ${title || "a book"}`);
    return `Decoding ${texts.join(", ")}${pc.worker.doing.length > parts.length ? "; the next is at hand" : ""}`;
  }
  const [helped] = pc.node?.helping_with ?? [];
  if (helped) return `Helping ${helped.name}${helped.title ? ` with ${helped.title}` : ""}`;
  if (pc.own && pc.node.no_helping) return "Decodes nothing itself";
  if (pc.own && !pc.node.helping) return pc.node.paused_until ? `Paused until ${clockTime(pc.node.paused_until)}` : "Paused";
  const texts = {
    working: "Working", idle: "Ready", paused: "Paused", resting: "Resting after trouble",
    away: "Away", linked: "Ready", refused: "Not connected",
  };
  const state = stateOf(pc);
  const why = state === "not_helping" ? pc.worker?.why_not_helping : "";
  return why || (texts[state] ?? "Does not help now");
}
