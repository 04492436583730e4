/**
 * Frames and timecode at a rational rate. Frames count from 0; a rate is `{num, den}`, such as 30000/1001.
 *
 * @typedef {{num: number, den: number}} Rate
 */

/** @param {Rate} rate */
export function fps(rate) {
  return rate.num / rate.den;
}

/** Frames in one second of timecode: 24 for 23.976. @param {Rate} rate */
export function nominal(rate) {
  return Math.round(fps(rate));
}

/**
 * The time to seek to for a paused frame. A quarter of a frame in, because exact boundaries show the frame before
 * in Chromium, and half a frame rounds up in Firefox, which reports the target and not the frame.
 * @param {number} n @param {Rate} rate
 */
export function pausedTime(n, rate) {
  return (n + 0.25) / fps(rate);
}

/** The time to start playing from, so that the first frame keeps its full length. @param {number} n @param {Rate} rate */
export function runningTime(n, rate) {
  return n / fps(rate) + 0.001;
}

/** The frame a presented picture belongs to. @param {number} mediaTime @param {Rate} rate */
export function frameAt(mediaTime, rate) {
  return Math.round(mediaTime * fps(rate));
}

/** Only 29.97 and 59.94 drop numbers. @param {Rate} rate */
export function mayDrop(rate) {
  return rate.den === 1001 && (nominal(rate) === 30 || nominal(rate) === 60);
}

/** HH:MM:SS:FF, or HH:MM:SS;FF where the rate drops numbers. @param {number} n @param {Rate} rate */
export function toTimecode(n, rate, drop = true) {
  const base = nominal(rate);
  const dropping = drop && mayDrop(rate);
  const count = dropping ? n + droppedBefore(n, base) : n;
  const seconds = Math.floor(count / base);
  const fields = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = fields.map((field) => String(field).padStart(2, "0")).join(":");
  return `${clock}${dropping ? ";" : ":"}${String(count % base).padStart(2, "0")}`;
}

/** Numbers skipped before frame n: two at 29.97, four at 59.94, each minute but every tenth (SMPTE ST 12-1). */
function droppedBefore(n, base) {
  const skip = base / 15;
  const perMinute = base * 60 - skip;
  const perTen = base * 600 - skip * 9;
  const rest = n % perTen;
  const minutes = rest > skip ? Math.floor((rest - skip) / perMinute) : 0;
  return skip * (9 * Math.floor(n / perTen) + minutes);
}

/** The frame a timecode names, or null where it is none. Missing fields on the left are zero: `1:12` is SS:FF. */
export function fromTimecode(text, rate) {
  const fields = text.trim().split(/[:;]/);
  if (fields.length < 2 || fields.length > 4 || fields.some((field) => !/^\d{1,2}$/.test(field))) return null;
  const base = nominal(rate);
  const [frames, seconds, minutes = 0, hours = 0] = fields.map(Number).reverse();
  if (frames >= base || seconds > 59 || minutes > 59) return null;
  const count = (hours * 3600 + minutes * 60 + seconds) * base + frames;
  if (!text.includes(";") || !mayDrop(rate)) return count;
  const skip = base / 15;
  const whole = hours * 60 + minutes;
  if (frames < skip && seconds === 0 && minutes % 10 !== 0) return null;
  return count - skip * (whole - Math.floor(whole / 10));
}

/**
 * What a person typed into the counter, as a frame: `47`, `00:00:01:23`, `+5`, `-12`; null where it is none of these.
 * @param {string} text @param {Rate} rate @param {number} from the frame that + and - count from
 */
export function parsePosition(text, rate, from) {
  const typed = text.trim();
  if (/^[+-]\d+$/.test(typed)) return from + Number(typed);
  if (/^\d+$/.test(typed)) return Number(typed);
  return fromTimecode(typed, rate);
}
