// How both pages speak: plain and short.

export const NO_ANSWER = "Can't reach swarmstt. Start it from the tray or with `swarmstt up`.";

// What the node says of options of its command line, or of how to install things there, as a person at the page needs it.
export function withoutOptions(text) {
  return text
    .replace(/ \(--[a-z_]+[^)]*\)/g, "")
    .replace(/\buse --device cpu\b/g, "use the CPU")
    .replace(/\bwas started with --no_helping, so it does not transcribe\. Start it without that to change it\./, "is set not to transcribe.")
    .replace(/\bwas started with --no_helping\b/g, "is set not to transcribe")
    .replace(/\ba shorter --chunk_seconds\b/g, "shorter parts")
    .replace(/,? with --[a-z_]+(?=[.,;: ]|$)/g, "")
    .replace(/\bafter pip install [^.;,]*/g, "after installing swarmstt with its models")
    .replace(/\bpip install [^.;,]*/g, "install swarmstt with its models")
    .replace(/--([a-z_]+)/g, (_, name) => name.replaceAll("_", " "));
}

export function capital(text) {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

// 3725 → "1:02:05"
export function clock(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : String(part))).join(":");
}

// 100 % is said only of what is whole.
export function percent(value) {
  return `${value >= 100 ? 100 : Math.min(99, Math.floor(value))}\u00a0%`;
}
