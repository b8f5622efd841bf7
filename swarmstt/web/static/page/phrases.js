// How the status page speaks: plain and short, times as a person says them.

import { clock } from "../shared/phrases.js";

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

const WORTH_A_TIME = 1200; // seconds: what is ready sooner needs no time of day

// ", ready at 16:40", ", ready tomorrow at 09:10"; nothing if that is soon.
export function readyAt(seconds) {
  if (seconds < WORTH_A_TIME) return "";
  const then = new Date(Date.now() + 1000 * seconds);
  const days = Math.round((new Date(then).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86_400_000);
  if (days > 1) return `, ready ${comingDay(then)}`;
  return `, ready ${days ? "tomorrow " : ""}at ${clockTime(then)}`;
}

// A day that comes: on 31 Jan 2030.
export function comingDay(iso) {
  return `on ${new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}`;
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

// Of a model in a folder of this PC only the folder's name.
export function modelName(model) {
  const isFolder = /^[./~]|\\|\/.*\//.test(model);
  return (isFolder && model.split(/[/\\]/).filter(Boolean).pop()) || model;
}

export function fileSize(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
