// What can be said of the parts of a book, in words and sums.

import { clock, count, percent } from "./words.js";

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
  const tries = part.leases > 1 ? `\nGiven out ${part.leases} times: a PC went away, paused, was late or failed` : "";
  return `${place}\n${standing(part)}${tries}`;
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
export function summary(book) {
  const { total, completed, in_progress: going, failed } = book.tasks;
  if (!total) return "No parts yet";
  const texts = [`${completed} of ${count(total, "part")} done`];
  if (going) texts.push(`${going} being decoded`);
  if (failed) texts.push(`${failed} could not be decoded`);
  return texts.join(", ");
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
