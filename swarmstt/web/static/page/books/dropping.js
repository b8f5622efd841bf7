// Books come by dropping files or folders anywhere on the page, or by choosing them.

import { byId, setHidden } from "../../shared/dom.js";

const JUNK = /^(\..*|thumbs\.db|desktop\.ini)$/i;
const NO_AUDIO = /^(image|text)\/|^application\/(pdf|zip|json)$/;
const ZIP = /\.zip$/i;
const BESIDE_AUDIO = /\.(cue|m3u8?|pls|opf)$|^metadata\.json$/i; // read with the audio that they lie beside

// Calls `add` with each book: [{file, path}], or null for a folder that cannot be read. A folder is a book; files that
// come together are one.
export function listenForBooks(add) {
  let depth = 0;
  const show = (entered) => {
    depth = entered ? depth + 1 : Math.max(0, depth - 1);
    setHidden(byId("drop-veil"), depth === 0);
  };
  addEventListener("dragenter", (event) => hasFiles(event) && show(true));
  addEventListener("dragleave", (event) => hasFiles(event) && show(false));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    setHidden(byId("drop-veil"), true);
    // The entries must be asked for before anything is awaited.
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
    const files = items.map((item) => item.getAsFile());
    addDropped(entries, files, add);
  });
  chooser("choose-files", "files", add);
  chooser("choose-folder", "folder", add);
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

function chooser(buttonId, inputId, add) {
  const input = byId(inputId);
  byId(buttonId).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    if (files.length) add(audioIn(files), nameOf(files));
    input.value = ""; // so that the same can be chosen again
  });
}

async function addDropped(entries, files, add) {
  const loose = [];
  for (const [place, entry] of entries.entries()) {
    if (!entry?.isDirectory) {
      if (files[place]) loose.push({ file: files[place], path: files[place].name });
      continue;
    }
    const found = await filesIn(entry).catch(() => null);
    add(found && audioIn(found), entry.name);
  }
  if (loose.length) add(loose, nameOf(loose));
}

// A single file is given as it is; without any audio, what is asked for may lie in the zips.
function audioIn(files) {
  if (files.length === 1) return files;
  const audio = files.filter(mayBeAudio);
  const isSound = ({ file }) => !BESIDE_AUDIO.test(file.name);
  return audio.some(isSound) ? audio : files.filter(({ file }) => ZIP.test(file.name) && !JUNK.test(file.name));
}

function mayBeAudio({ file }) {
  return !JUNK.test(file.name) && (BESIDE_AUDIO.test(file.name) || !NO_AUDIO.test(file.type));
}

function nameOf(files) {
  const [first] = files;
  const [folder, ...rest] = first.path.split("/");
  if (rest.length) return folder;
  return files.length === 1 ? first.file.name : `${first.file.name} and ${files.length - 1} more`;
}

async function filesIn(folder) {
  const found = [];
  for (const entry of await entriesOf(folder)) {
    if (entry.isDirectory) found.push(...(await filesIn(entry)));
    else found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), path: entry.fullPath.replace(/^\//, "") });
  }
  return found;
}

// A reader gives a folder's entries in portions, and none at the end.
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return all;
    all.push(...some);
  }
}
