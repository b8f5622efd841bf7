// What can be said of the parts of a book, in words and sums.

import { capital, clock, count, listed, numberWord, percent } from "./words.js";

export function partAt(parts, seconds) {
  return parts.findIndex((part) => part && part.start_time <= seconds && seconds < part.end_time);
}

export function totalSeconds(book, parts) {
  const last = parts.length ? parts[parts.length - 1] : null;
  return Math.max(book.duration ?? 0, last ? last.end_time : 0);
}

export function partText(part, book) {
  const chapter = book.chapters.find((each) => each.start <= part.start_time + 1 && part.start_time + 1 < each.end);
  const place = `Part ${part.chunk_id + 1}, ${clock(part.start_time)} to ${clock(part.end_time)}${chapter ? `, ${chapter.title}` : ""}`;
  return [place, standing(part), ...story(part)].join("\n");
}

// How those parted with it that had it before, and were not late.
const PARTINGS = {
  expired: "which went away",
  restarted: "until swarmstt was started again",
  returned: "which paused or stopped",
  failed: "which could not do it",
  revoked: "until it was taken back",
  recalled: "until a faster PC was free",
};
const LOST = new Set(["expired", "restarted", "returned", "failed"]);

// Those that worked on the part besides the one that it shows: at the same time, since that one was late.
export function rivals(part) {
  return (part.others ?? []).filter((each) => !(each.parting in PARTINGS));
}

// Whether the part went to another PC because one did not do it. Of a gap that is plain.
export function wasLost(part) {
  return part.status !== "failed" && (part.others ?? []).some((each) => LOST.has(each.parting));
}

// Of many that had it only the last few are known: then the first of these was not the first.
function story(part) {
  if (part.status === "failed") return [];
  const others = part.others ?? [];
  const all = others.length + (part.status === "pending" ? 0 : 1) === part.leases;
  const before = others.filter((each) => each.parting in PARTINGS);
  const given = before.map(({ worker_name: name, parting }, place) =>
    `${place ? `Then to ${name}` : all ? `It was given to ${name} first` : `Before, it was given to ${name}`}, ${PARTINGS[parting]}`);
  const names = [...new Set(rivals(part).map((each) => each.worker_name))];
  if (!names.length) return given;
  const pcs = `${capital(numberWord(1 + names.length))} PCs`;
  const who = part.worker_name ?? "this one";
  if (part.status === "completed") return [...given, `${pcs} worked on it: ${who} was first, before ${listed(names)}`];
  return [...given, `${pcs} work on it: ${listed(names)} too, and the first to be done counts`];
}

// What the marks on the timeline say, for those who do not see them.
export function marked(parts) {
  const again = parts.filter((part) => part && wasLost(part)).length;
  const doubled = parts.filter((part) => part && rivals(part).length).length;
  return [...(again ? [`${again} given out again`] : []), ...(doubled ? [`${doubled} worked on by two PCs`] : [])];
}

function standing(part) {
  const who = part.worker_name ?? "A PC";
  if (part.status === "completed") {
    const seconds = part.processing_time;
    return seconds ? `${who} did it in ${clock(seconds)}` : `${who} did it`;
  }
  if (part.status === "in_progress") return `${who} decodes it${part.progress ? `, ${percent(100 * part.progress)}` : ""}`;
  if (part.status === "failed") return `Could not be decoded${part.reason ? `: ${part.reason}` : ""}`;
  return "Waiting";
}

// The timeline for those who do not see it.
export function summary(book, parts) {
  const { total, completed, in_progress: going, failed } = book.tasks;
  if (!total) return "No parts yet";
  const texts = [`${completed} of ${count(total, "part")} done`];
  if (going) texts.push(`${going} being decoded`);
  if (failed) texts.push(`${failed} could not be decoded`);
  return [...texts, ...marked(parts)].join(", ");
}

// Who did what: [{id, name, parts, seconds, processing, doing}], the most first.
export function shares(parts) {
  const people = new Map();
  for (const part of parts) {
    if (!part || part.worker_id === null || (part.status !== "completed" && part.status !== "in_progress")) continue;
    const one = people.get(part.worker_id) ?? { id: part.worker_id, name: "", parts: 0, seconds: 0, processing: 0, doing: 0 };
    one.name = part.worker_name ?? one.name;
    if (part.status === "completed") {
      one.parts += 1;
      one.seconds += part.end_time - part.start_time;
      one.processing += part.processing_time ?? 0;
    } else one.doing += 1;
    people.set(part.worker_id, one);
  }
  return [...people.values()].sort((one, other) => other.seconds - one.seconds || other.doing - one.doing);
}
