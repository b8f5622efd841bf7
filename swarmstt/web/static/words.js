// How the page speaks: plain and short, times as a person says them.

export const NO_ANSWER = "swarmstt does not answer on this PC. Trying again…";

export function count(number, one, many = `${one}s`) {
  return number === 1 ? `one ${one}` : `${number} ${many}`;
}

const SMALL = ["no", "one", "two", "three", "four", "five", "six"];

export function numberWord(number) {
  return SMALL[number] ?? String(number);
}

// "Ann", "Ann and Ben", "Ann, Ben and Eve"
export function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

export function aboutTime(seconds) {
  if (seconds < 45) return "less than a minute";
  const minutes = Math.round(seconds / 60);
  if (minutes <= 1) return "about a minute";
  if (minutes <= 20) return `about ${minutes} minutes`;
  if (minutes < 55) return `about ${5 * Math.round(minutes / 5)} minutes`;
  const halfHours = Math.round(minutes / 30);
  if (halfHours <= 2) return "about an hour";
  if (halfHours < 72) return `about ${Math.floor(halfHours / 2)}${halfHours % 2 ? "½" : ""} hours`;
  return `about ${Math.round(halfHours / 48)} days`;
}

// 3725 → "1:02:05"
export function clock(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : String(part))).join(":");
}

// What is damaged may be a moment: the audio goes on after it.
export function stretch(start, end) {
  return clock(start) === clock(end) ? `At ${clock(start)}` : `${clock(start)} to ${clock(end)}`;
}

export function length(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function speed(timesReal) {
  return `${timesReal >= 10 ? Math.round(timesReal) : Math.round(timesReal * 10) / 10}\u00a0×\u00a0realtime`;
}

export function percent(value) {
  // 100 % is said only of what is whole.
  return `${value >= 100 ? 100 : Math.min(99, Math.floor(value))}\u00a0%`;
}

// Of several that together are whole.
export function portion(part) {
  return `${Math.round(100 * part)}\u00a0%`;
}

export function clockTime(iso) {
  return new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

export function moment(iso) {
  const then = new Date(iso);
  const time = clockTime(iso);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return `today at ${time}`;
  if (days === 1) return `yesterday at ${time}`;
  const year = then.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return `on ${then.toLocaleDateString("en-GB", { day: "numeric", month: "short", year })}`;
}

const languages = new Intl.DisplayNames(["en"], { type: "language" });

export function language(code) {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

export function initial(text) {
  const [first] = text.replace(/^(the|a|an|der|die|das|le|la|les|el|il)\s+(?=\S)/i, "").matchAll(/[\p{L}\p{N}]/gu);
  return first ? first[0].toLocaleUpperCase() : "♪";
}

export function fileSize(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

// Where a book stands, in a word or two.
export function bookLine(book) {
  if (book.state === "done") return book.completed_at ? `Done ${moment(book.completed_at)}` : "Done";
  if (book.state === "failed") return "Stopped";
  if (book.paused) return "Paused";
  if (book.state === "merging") return "Writing the transcript";
  if (book.remaining_seconds !== null && book.remaining_seconds !== undefined) return capital(aboutTime(book.remaining_seconds));
  if (book.tasks.in_progress) return "Working";
  if (!book.read_whole && !book.tasks.total) return "Reading the audio";
  return "Waiting";
}

export function capital(text) {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

// The one sentence of the bar.
export function sentence(node, workers, books) {
  const open = books.filter((book) => (book.state === "open" || book.state === "merging") && !book.paused);
  const helpers = workers.filter((worker) => worker.kind !== "own" && worker.state === "working").length;
  const ownWorks = workers.some((worker) => worker.kind === "own" && worker.state === "working");
  if (!node.helping && node.no_helping) {
    if (open.length && !helpers) return "Waiting for another PC; this one was started to decode nothing.";
  } else if (!node.helping) {
    if (open.length && helpers) return `Paused here; ${count(helpers, "other PC")} ${helpers === 1 ? "works" : "work"} on${ending(open)}.`;
    return "Paused. This PC decodes nothing.";
  }
  if (open.length) {
    if (helpers) return `Working with ${count(helpers, "other PC")}${ending(open)}.`;
    if (ownWorks) return `Working alone${ending(open)}.`;
    if (open.some((book) => book.tasks.in_progress)) return `Working${ending(open)}.`;
    return open.some((book) => book.state === "open" && !book.read_whole) ? "Reading the audio." : "Getting ready.";
  }
  const [helped] = node.helping_with ?? [];
  if (helped) return helped.title ? `Helping ${helped.name} with ${helped.title}.` : `Helping ${helped.name}.`;
  if (books.some((book) => book.paused && book.state === "open")) return "Paused: no book may go on.";
  return "Idle. Drop a book anywhere.";
}

function ending(open) {
  const left = secondsLeft(open);
  return left === null ? "" : `, done in ${aboutTime(left)}`;
}

// What is left of all books at the speed at which all of them together are decoded now.
function secondsLeft(open) {
  const together = open.reduce((sum, book) => sum + (book.tasks.in_progress ? book.speed ?? 0 : 0), 0);
  if (together <= 0) {
    const known = open.map((book) => book.remaining_seconds).filter((each) => each !== null && each !== undefined);
    return known.length === open.length && known.length ? Math.max(...known) : null;
  }
  const seconds = open.reduce((sum, book) => sum + (book.duration ?? 0) * (1 - book.percent / 100), 0);
  return seconds / together;
}

// What tells books of one title apart, by id: what differs of file, folder, model, task and time, in this order.
export function marksOf(books) {
  const marks = new Map();
  const tell = (alike, [differs, ...others]) => {
    if (alike.length < 2 || !differs) return;
    for (const same of groupsOf(alike, differs)) {
      if (same.length < alike.length) for (const { book_id: id } of same) marks.set(id, [...(marks.get(id) ?? []), differs(same[0])]);
      tell(same, others);
    }
  };
  const added = (book) => (book.added_at ? `added ${moment(book.added_at)}` : "");
  const place = (book) => (book.folder ? `in ${book.folder}` : "");
  const features = [(book) => book.filename, place, (book) => book.model, (book) => (book.task === "translate" ? "into English" : ""), added];
  for (const alike of groupsOf(books, (book) => book.title || book.filename)) tell(alike, features);
  return new Map([...marks].map(([id, texts]) => [id, texts.filter(Boolean).join(", ")]));
}

function groupsOf(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}
