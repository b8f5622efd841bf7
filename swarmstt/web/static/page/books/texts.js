// What can be said of books and their parts, in words and sums.

import { capital, clock, percent, withoutOptions } from "../../shared/phrases.js";
import { aboutTime, count, listed, modelName, moment, numberWord, readyAt } from "../phrases.js";

// The state of a book, in a word or two.
export function bookLine(book) {
  if (book.state === "done" && book.ebook?.trouble) return "Written without its ebook";
  const done = isWhole(book) ? "Done" : "Done, with gaps,";
  if (book.state === "done") return book.completed_at ? `${done} ${moment(book.completed_at)}` : done.replace(/,$/, "");
  if (book.state === "failed") return "Stopped";
  if (book.paused) return "Paused";
  if (book.state === "merging") return "Writing the transcript";
  if (book.remaining_seconds !== null && book.remaining_seconds !== undefined) return `${capital(aboutTime(book.remaining_seconds))}${readyAt(book.remaining_seconds)}`;
  if (book.tasks.in_progress) return "Working";
  if (!book.read_whole && !book.tasks.total) return "Reading the audio";
  return "Waiting";
}

// Finished, and nothing of it is missing.
export function isWhole(book) {
  return book.state === "done" && !book.gaps.length;
}

// How much of a book is text: a finished one with gaps is not all of it.
export function partDone(book) {
  if (book.state !== "done" || !book.gaps.length) return book.percent;
  const silent = book.gaps.reduce((sum, gap) => sum + gap.end - gap.start, 0);
  const missing = book.gaps.reduce((sum, gap) => sum + (gap.missing_seconds ?? gap.end - gap.start), 0);
  const whole = book.duration + missing - silent; // what was cut out is no part of its length
  return Math.min(99, book.duration ? Math.max(0, 100 * (1 - missing / whole)) : 99);
}

// What is wrong with a book, and whether trying again may mend it.
export function troubleOf(book) {
  const [text, mendable] = troubleOfAudio(book);
  const ebook = book.state === "failed" ? "" : book.ebook?.trouble;
  return [withoutOptions([text, ebook].filter(Boolean).join(" ")), mendable];
}

function troubleOfAudio(book) {
  if (book.state === "failed") return [book.reason || "This book could not be read.", true];
  if (book.tasks.failed) {
    const verb = book.tasks.failed === 1 ? "is" : "are";
    return [`${capital(count(book.tasks.failed, "part"))} could not be transcribed and ${verb} left out.`, true];
  }
  if (book.wordless && book.state === "done") {
    const damaged = book.gaps.length > book.wordless ? " The audio is damaged in places, too." : "";
    return [`Somebody speaks in places, but no words were found there; ${whereText(book)}.${damaged}`, true];
  }
  if (book.gaps.length && book.state === "done") {
    return [`The audio is damaged in places; ${whereText(book)}. Copy or download it again, if you can.`, false];
  }
  return book.state === "open" && book.reason ? [book.reason, true] : ["", false];
}

const SAY_WHERE = new Set(["txt", "srt", "vtt", "json"]); // formats whose text names its gaps

function whereText({ files }) {
  return files.some(({ format }) => SAY_WHERE.has(format)) ? "the transcript says where" : "the timeline shows where";
}

// What tells books of one title apart, by id: what differs of file, folder, model, task and time, in this order.
export function differencesOf(books) {
  const differences = new Map();
  const compare = (alike, [differs, ...others]) => {
    if (alike.length < 2 || !differs) return;
    for (const same of groupsOf(alike, differs)) {
      if (same.length < alike.length) for (const { book_id: id } of same) differences.set(id, [...(differences.get(id) ?? []), differs(same[0])]);
      compare(same, others);
    }
  };
  const added = (book) => (book.added_at ? `added ${moment(book.added_at)}` : "");
  const place = (book) => (book.folder ? `in ${book.folder}` : "");
  const features = [(book) => book.filename, place, (book) => modelName(book.model), (book) => (book.task === "translate" ? "into English" : ""), added];
  for (const alike of groupsOf(books, (book) => book.title || book.filename)) compare(alike, features);
  return new Map([...differences].map(([id, texts]) => [id, texts.filter(Boolean).join(", ")]));
}

function groupsOf(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

// Where sound or words are missing, besides the parts that failed.
export function holesOf(book, parts) {
  const failed = parts.filter((part) => part?.status === "failed");
  return book.gaps.filter(({ start }) => !failed.some((part) => part.start_time <= start && start < part.end_time));
}

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
  const holes = holesOf(book, [part]).filter(({ start }) => part.start_time <= start && start < part.end_time);
  const missing = holes.map((hole) => `${hole.text}, at ${clock(hole.start)}`);
  return [place, stateText(part), ...missing, ...story(part)].join("\n");
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
  return [...(again ? [`${again} reassigned`] : []), ...(doubled ? [`${doubled} worked on by two PCs`] : [])];
}

function stateText(part) {
  const who = part.worker_name ?? "A PC";
  if (part.status === "completed") {
    const seconds = part.processing_time;
    return seconds ? `${who} did it in ${clock(seconds)}` : `${who} did it`;
  }
  if (part.status === "in_progress") return `${who} is transcribing it${part.progress ? `, ${percent(100 * part.progress)}` : ""}`;
  if (part.status === "failed") return `Could not be transcribed${part.reason ? `: ${part.reason}` : ""}`;
  return "Waiting";
}

// The timeline for those who do not see it.
export function summary(book, parts) {
  const { total, completed, in_progress: going, failed } = book.tasks;
  if (!total) return "No parts yet";
  const texts = [`${completed} of ${count(total, "part")} done`];
  if (going) texts.push(`${going} being transcribed`);
  if (failed) texts.push(`${failed} could not be transcribed`);
  const holes = holesOf(book, parts).length;
  if (holes) texts.push(`something is missing in ${holes === 1 ? "one place" : `${numberWord(holes)} places`}`);
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
