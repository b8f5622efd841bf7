// The one small label that names what is pointed at.

import { byId, setHidden, setText } from "../shared/dom.js";

const EDGE = 8;

export function showTip(text, x, box) {
  const tip = byId("tip");
  setText(tip, text);
  setHidden(tip, false);
  const size = tip.getBoundingClientRect();
  const left = Math.max(EDGE, Math.min(x - size.width / 2, innerWidth - size.width - EDGE));
  const above = box.top - size.height - EDGE;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > EDGE ? above : box.bottom + EDGE}px`;
}

export function hideTip() {
  setHidden(byId("tip"), true);
}
