// Texts for times, amounts and ids.

const number = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const count = (value) => number.format(value);
export const short = (value) => (value < 10_000 ? number.format(value) : compact.format(value));
export const at = (seconds) => (seconds ? moment.format(new Date(seconds * 1000)) : "");

/** Returns dollars with as many digits as a small amount needs; unknown costs are a dash. */
export const money = (usd) => {
  if (usd === null || usd === undefined) return "–";
  const digits = usd !== 0 && usd < 0.1 ? 5 : 2;
  return `$${usd.toFixed(digits)}`;
};

/** Returns dollars for an axis, with no more digits than they need. */
export const axisMoney = (usd) => `$${Number(usd.toPrecision(2))}`;

export const duration = (seconds) => {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

export const ago = (seconds) => `${duration(Math.max(0, Date.now() / 1000 - seconds))} ago`;

export const bytes = (size) => {
  if (size < 1024) return `${size} B`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} kB`;
  return `${(size / 1024 ** 2).toFixed(1)} MB`;
};

/** Returns JSON with indentation, or the text as it is if it is not JSON. */
export const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

export const day = (date) => date.toISOString().slice(0, 10);
