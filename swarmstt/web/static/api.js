// Asks this PC's node for something; an Error's message is a sentence for the person.

export async function ask(method, path) {
  let answer;
  try {
    answer = await fetch(path, { method });
  } catch {
    throw new Error("This PC's node did not answer; check that swarmstt runs.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? "That did not work; try again.");
  return body;
}

export function bookPath(bookId, verb = "") {
  return `/books/${encodeURIComponent(bookId)}${verb && `/${verb}`}`;
}

export function resultPath(bookId, format) {
  return `/results/${encodeURIComponent(bookId)}?format=${format}`;
}
