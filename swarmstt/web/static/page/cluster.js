// A cluster's workers, in its card: what each is, does and lacks.

import { KeyedList, element, setHidden, setText, showText } from "../shared/dom.js";
import { count, numberWord, portion } from "./phrases.js";

export class ClusterWorkers {
  constructor() {
    this.summary = element("summary", {}, "Workers");
    this.rows = element("ul", { class: "cluster-workers" });
    this.list = new KeyedList(this.rows, () => new WorkerRow());
    this.more = element("p", { class: "quiet small" });
    this.element = element("details", {}, this.summary, this.rows, this.more);
    this.element.hidden = true;
  }

  update(cluster) {
    setHidden(this.element, !cluster?.worker_count);
    if (!cluster) return;
    setText(this.summary, count(cluster.worker_count, "worker"));
    this.list.show(cluster.workers, (worker) => worker.address);
    const others = cluster.worker_count - cluster.workers.length;
    showText(this.more, others > 0 ? `And ${count(others, "other worker")}` : "");
  }
}

class WorkerRow {
  constructor() {
    this.name = element("strong");
    this.facts = element("span", { class: "quiet small" });
    this.doing = element("p", { class: "doing" });
    this.reason = element("p", { class: "small" });
    this.element = element("li", {}, this.name, " ", this.facts, this.doing, this.reason);
  }

  update(worker) {
    setText(this.name, worker.name);
    const version = worker.version ? `swarmstt ${worker.version}` : "";
    const facts = [count(worker.threads, "thread"), version, worker.engine ?? "", worker.device ?? ""];
    setText(this.facts, facts.filter(Boolean).join(", "));
    setText(this.doing, doingText(worker));
    showText(this.reason, worker.reason);
  }
}

function doingText({ state, doing }) {
  if (doing.length) return `Transcribing ${doing.map((each) => `${each.title || "a book"} (${portion(each.progress)})`).join(", ")}`;
  return { working: "Working", idle: "Ready" }[state] ?? "Not used";
}

// What kind of helper it is, in the place where a guest's card says that.
export function clusterText(cluster) {
  const usable = cluster.usable_count === cluster.worker_count ? "" : `, ${numberWord(cluster.usable_count)} of them usable`;
  return `Cluster: ${count(cluster.worker_count, "worker")}${usable}, ${count(cluster.threads, "thread")}`;
}
