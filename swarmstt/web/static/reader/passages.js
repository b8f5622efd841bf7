// From segments to paragraphs, and back from a moment to a word.

const CHAPTER_SLACK = 0.5; // seconds that a heading may be early or late
const SENTENCE_END = /[.!?…。！？।؟۔]["'”’»)\]」』]*$/u;

// A list of {chapter}, {gap} and {paragraph: {start, end, text, words: [{start, end, from, to}]}} in the order of time;
// `from` and `to` are places in the text. The node says which segments begin paragraphs.
export function arrangeText(segments, chapters, gaps = []) {
  const items = [];
  const coming = [...chapters.map((chapter) => ({ at: chapter.start - CHAPTER_SLACK, chapter })), ...gaps.map((gap) => ({ at: gap.start, gap }))];
  coming.sort((one, other) => one.at - other.at);
  let open = null;
  for (const segment of segments) {
    while (coming.length && segment.start >= coming[0].at) {
      items.push(coming.shift());
      open = null;
    }
    if (!open || segment.paragraph) {
      open = { start: segment.start, end: segment.end, text: "", words: [] };
      items.push({ paragraph: open });
    }
    append(open, segment);
  }
  return [...items, ...coming];
}

// The segments by the passage that they stand in: those with which a passage begins go on with the paragraph before it,
// if that is known. `passages`: [{segments, breaks: seconds at which nothing goes on}]; no segments: not known.
export function layOut(passages) {
  const laid = passages.map(() => []);
  let holder = -1;
  passages.forEach(({ segments, breaks }, place) => {
    if (!segments) holder = -1;
    for (const segment of segments ?? []) {
      const isBroken = breaks.some((seconds) => seconds - CHAPTER_SLACK <= segment.start);
      if (holder < 0 || segment.paragraph || isBroken) holder = place;
      laid[holder].push(segment);
    }
  });
  return laid;
}

function append(paragraph, segment) {
  const before = paragraph.text.length;
  const spoken = segment.words.map((word) => word.word).join("");
  const spaced = !segment.words.length || /^\s/.test(spoken) || !SENTENCE_END.test(paragraph.text);
  const space = before && spaced && isSpaced(segment.text) ? " " : "";
  paragraph.text += space + segment.text;
  paragraph.end = segment.end;
  const start = before + space.length;
  if (!segment.words.length || spoken.trim() !== segment.text) {
    paragraph.words.push({ start: segment.start, end: segment.end, from: start, to: paragraph.text.length });
    return;
  }
  let place = start - (spoken.length - spoken.trimStart().length);
  for (const { start: from, end, word } of segment.words) {
    const lead = word.length - word.trimStart().length;
    const size = word.trim().length;
    if (size) paragraph.words.push({ start: from, end, from: place + lead, to: place + lead + size });
    place += word.length;
  }
}

// Chinese, Japanese and Thai have no spaces between sentences.
function isSpaced(text) {
  return !/^["'“‘«「『（(]*[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(text);
}

// The place of the last item that begins at or before `seconds`; -1 if none does. `items` ascend by `start`.
export function lastAt(items, seconds) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].start <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function wordAtPlace(paragraph, place) {
  const { words } = paragraph;
  return words.find((word) => place < word.to) ?? words[words.length - 1];
}
