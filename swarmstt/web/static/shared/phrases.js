// How both pages speak: plain and short.

export const NO_ANSWER = "swarmstt does not answer on this PC. Trying again…";

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
