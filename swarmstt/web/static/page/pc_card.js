// One PC: what it does, how fast, its share of the work, and what one can do with it.

import { ask } from "../shared/api.js";
import { KeyedList, element, setAttribute, setHidden, setText, showText } from "../shared/dom.js";
import { withoutOptions } from "../shared/phrases.js";
import { Choice } from "./choice.js";
import { ClusterWorkers, clusterText } from "./cluster.js";
import { PairingWords } from "./pairing.js";
import { clockTime, count, portion, speed } from "./phrases.js";

const HOUR_SECONDS = 3600;

export class PcCard {
  constructor(colours) {
    this.colours = colours;
    this.swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    this.name = element("h3");
    this.pause = element("button", { type: "button", onclick: () => this.#paused() });
    this.choice = new Choice("Pause this PC:", [
      ["For an hour", () => this.#ask("POST", "/pause", { seconds: HOUR_SECONDS })],
      ["Until I resume", () => this.#ask("POST", "/pause")],
    ], "Do not pause", () => this.pause.focus());
    this.remove = element("button", { type: "button", class: "plain", onclick: () => this.#remove() }, "Remove this PC");
    this.removal = new Choice("Remove it from the swarm? You can add it again later.", [
      ["Remove", () => this.#ask("DELETE", `/peers/${encodeURIComponent(this.pc.id)}`, { stays: this.stays.chosen })],
      ["Have all others join again", () => this.#ask("POST", "/swarm")],
    ], "Keep", () => {
      this.update(this.pc);
      this.remove.focus();
    });
    this.stays = new Stays();
    this.removal.element.firstElementChild.after(this.stays.element);
    this.pairing = new PairingWords(() => this.#ask("POST", `/peers/${encodeURIComponent(this.pc.id)}/seen`));
    this.guest = element("p", { class: "quiet small" });
    this.doing = element("p", { class: "doing" });
    this.note = element("p", { class: "quiet small" });
    this.fetching = element("p", { class: "doing" });
    this.meters = element("div", { class: "meters", "aria-hidden": "true" });
    this.meterList = new KeyedList(this.meters, () => new Meter());
    this.values = ["Speed", "Share of the work", "Device"].map((name) => [element("dt", {}, name), element("dd")]);
    this.workers = new ClusterWorkers();
    this.reason = element("div", { class: "trouble" });
    this.element = element("li", { class: "card" },
      element("div", { class: "card-head" }, this.swatch, this.name, this.pause),
      this.pairing.element, this.guest, this.doing, this.note, this.fetching, this.meters, element("dl", { class: "facts" }, ...this.values.flat()),
      this.workers.element, this.reason,
      this.choice.element, this.remove, this.removal.element);
  }

  update(pc) {
    const state = JSON.stringify([stateOf(pc), pc.node?.helping, pc.removable]);
    if (state !== this.state) this.problem = null; // what failed before may work now
    this.state = state;
    this.pc = pc;
    this.element.dataset.slot = this.swatch.dataset.slot = this.colours.slotOf(pc.id);
    this.element.classList.toggle("is-away", !pc.own && stateOf(pc) === "away");
    setText(this.name, pc.own ? `${pc.name} (this PC)` : pc.name);
    this.pairing.update(pc.pairing);
    showText(this.guest, guestText(pc.worker));
    setHidden(this.pause, !pc.own || pc.node.no_helping);
    if (pc.own) setText(this.pause, pc.node.helping ? "Pause" : "Resume");
    if (!pc.node?.helping) this.choice.hide(); // it was paused elsewhere
    if (!pc.removable) this.removal.hide();
    setText(this.doing, doingText(pc));
    const own = pc.node?.helping || pc.node?.no_helping ? pc.node.why_not_helping : "";
    showText(this.note, withoutOptions(own || pc.peer?.version_note || ""));
    showText(this.fetching, pc.node?.fetching);
    this.meterList.show(decodedNow(pc.worker).slice(0, MOST_METERS), (each) => each.task_id);
    this.#updateFacts(pc);
    this.workers.update(pc.worker?.cluster);
    setHidden(this.remove, !pc.removable || this.removal.isOpen);
    setAttribute(this.remove, "aria-label", `Remove this PC, ${pc.name}`);
    showText(this.reason, withoutOptions(this.problem ?? pc.worker?.reason ?? pc.peer?.reason ?? ""));
  }

  showConnection(connected) {
    setText(this.doing, connected ? doingText(this.pc) : this.pc.own ? "swarmstt is not running here" : "Not known now");
  }

  #updateFacts({ worker, share, own, node }) {
    const texts = [
      worker?.speed ? speed(worker.speed) : "",
      share === null || share === undefined ? "" : portion(share),
      deviceName(worker?.device ?? (own ? node.device : null)),
    ];
    this.values.forEach(([name, value], place) => {
      showText(value, texts[place]);
      setHidden(name, !texts[place]);
    });
  }

  #paused() {
    if (this.pc.node.helping) this.choice.open();
    else this.#ask("POST", "/resume");
  }

  #remove() {
    this.stays.show(this.pc.letIn ?? []);
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

// Those whom a PC let in: what is ticked stays when that one is removed.
class Stays {
  constructor() {
    this.element = element("fieldset", { class: "stays" });
    this.boxes = [];
  }

  show(pcs) {
    this.boxes = pcs.map(({ id, name, met }) => {
      const box = element("input", { type: "checkbox", value: id });
      box.checked = met;
      return [box, element("label", {}, box, ` ${name}`)];
    });
    const question = "It let these in. Which of them stay?";
    this.element.replaceChildren(element("legend", {}, question), ...this.boxes.map(([, label]) => label));
    setHidden(this.element, !pcs.length);
  }

  get chosen() {
    return this.boxes.filter(([box]) => box.checked).map(([box]) => box.value);
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

// What is not a PC of the swarm is said to be a guest.
function guestText(worker) {
  if (worker?.cluster) return clusterText(worker.cluster);
  if (worker?.kind !== "guest") return "";
  if (worker.invitation) return `Guest, by the invitation for ${worker.invitation}`;
  return worker.worker_id.includes("/") ? "Guest, by an invitation" : "Guest program on this PC";
}

const MOST_METERS = 16; // of a cluster's thousand parts

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
    return `Transcribing ${texts.join(", ")}${pc.worker.doing.length > parts.length ? "; the next part is ready" : ""}`;
  }
  const [helped] = pc.node?.helping_with ?? [];
  if (helped) return `Helping ${helped.name}${helped.title ? ` with ${helped.title}` : ""}`;
  if (pc.own && pc.node.no_helping) return "Transcribes nothing itself";
  if (pc.own && !pc.node.helping) return pc.node.paused_until ? `Paused until ${clockTime(pc.node.paused_until)}` : "Paused";
  const texts = {
    working: "Working", idle: "Ready", paused: "Paused", resting: "Resting after trouble",
    away: "Away", linked: "Ready", refused: "Not connected",
  };
  const state = stateOf(pc);
  const why = state === "not_helping" ? pc.worker?.why_not_helping : "";
  return why || (texts[state] ?? "Does not help now");
}
