// Asks this PC's node for something; an Error's message is a sentence for the person. An Error without a status: the
// node did not answer at all.

import { NO_ANSWER, withoutOptions } from "./phrases.js";

export async function ask(method, path, body) {
  let answer;
  const sent = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  try {
    answer = await fetch(path, { method, ...sent });
  } catch {
    throw new Error(NO_ANSWER);
  }
  const given = await answer.json().catch(() => ({}));
  if (answer.ok) return given;
  const error = new Error(withoutOptions(given.error ?? "That did not work; try again."));
  error.status = answer.status;
  throw error;
}

// The same, of a part of the API that this node may lack: then null.
export async function askIfThere(method, path) {
  try {
    return await ask(method, path);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

export function bookPath(bookId, verb = "") {
  return `/books/${encodeURIComponent(bookId)}${verb && `/${verb}`}`;
}

export function resultPath(bookId, format) {
  return `/results/${encodeURIComponent(bookId)}?format=${format}`;
}

export function readPath(bookId) {
  return `/read/${encodeURIComponent(bookId)}`;
}
