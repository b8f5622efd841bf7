// The PCs: a card each, this one first.

import { KeyedList, byId, setHidden } from "../shared/dom.js";
import { PcCard } from "./pc_card.js";

export class Pcs {
  constructor(store, colours) {
    this.store = store;
    this.list = new KeyedList(byId("pcs"), () => new PcCard(colours));
    store.onChange((dirty) => dirty.node && this.#show(store.status));
  }

  // Nobody knows what the PCs do while this PC's node does not answer.
  showConnection(connected) {
    for (const card of this.list.views.values()) card.showConnection(connected);
  }

  #show(status) {
    const pcs = everyPc(status);
    const pairings = new Map((status.door?.joining ?? []).map((each) => [each.node_id, each]));
    for (const pc of pcs) pc.pairing = pairings.get(pc.id);
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
  for (const { peer, ...pc } of [...pcs.values()]) {
    if (peer) pcs.get(pc.id).letIn = (peer.let_in ?? []).map((id) => pcs.get(id)).filter(Boolean)
      .map(({ id, name, peer: other }) => ({ id, name, met: other?.met ?? true }));
  }
  return [...pcs.values()].sort((one, other) => other.own - one.own || one.name.localeCompare(other.name));
}
