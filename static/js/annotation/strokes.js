/**
 * What a drawing is: `{"format": 1, "strokes": [{tool, color, size, points: [[x, y, p], ...], text?}]}`.
 *
 * - x and y run from 0 to 1 over the picture, p (pressure) from 0 to 1; arrow and box have two points, text has one.
 * - size is the width of the stroke as a part of the picture's height; letters are eight times as high.
 * - color is one of the names below, so that a theme or an export may choose the shade.
 * - Limits are those of storyboard/annotation.py, which checks the same again.
 *
 * @typedef {[number, number, number]} Point
 * @typedef {"pen" | "arrow" | "box" | "text"} Tool
 * @typedef {{tool: Tool, color: string, size: number, points: Point[], text?: string}} Stroke
 * @typedef {{format: 1, strokes: Stroke[]}} Drawing
 */

export const COLOURS = { red: "#ff5147", yellow: "#ffd23f", green: "#45d483", blue: "#4aa3ff", white: "#ffffff" };
export const TOOLS = ["pen", "arrow", "box", "text"];
export const SIZES = [0.002, 0.004, 0.006, 0.009, 0.013, 0.018, 0.025];
export const LETTER = 8;
export const MOST_STROKES = 500;
export const MOST_POINTS = 5000;
export const MOST_BYTES = 200_000;
export const MOST_LETTERS = 500;

/** What keeps a drawing from being one, in words; null where nothing does. */
export function problemWith(drawing) {
  const known = drawing?.format === 1 && Array.isArray(drawing.strokes);
  if (!known) return "This drawing is in a format this page does not know.";
  if (drawing.strokes.length > MOST_STROKES) return `This drawing has more than ${MOST_STROKES} strokes.`;
  if (JSON.stringify(drawing).length > MOST_BYTES) return "This drawing is too large to send.";
  return drawing.strokes.every(isStroke) ? null : "A stroke of this drawing cannot be read.";
}

function isStroke({ tool, color, size, points, text }) {
  const shaped = TOOLS.includes(tool) && color in COLOURS && size > 0 && size <= 1;
  const placed = Array.isArray(points) && points.length > 0 && points.length <= MOST_POINTS && points.every(isPoint);
  const worded = tool !== "text" || (typeof text === "string" && text.length <= MOST_LETTERS);
  return shaped && placed && worded;
}

function isPoint(point) {
  return Array.isArray(point) && point.length === 3 && point.every((value) => value >= 0 && value <= 1);
}

/** @returns {Point} */
export function pointAt(x, y, pressure) {
  const within = (value) => Math.max(0, Math.min(1, value));
  return [round(within(x), 4), round(within(y), 4), round(within(pressure), 2)];
}

function round(value, places) {
  return Number(value.toFixed(places));
}

/** Whether a circle round (x, y) touches a stroke; `aspect` is the picture's, `reach` a part of its height. */
export function touches(stroke, x, y, reach, aspect) {
  const spot = /** @type {[number, number]} */ ([x * aspect, y]);
  const limit = reach + stroke.size / 2;
  if (stroke.tool === "text") return withinText(stroke, spot, limit, aspect);
  const path = outline(stroke).map((point) => [point[0] * aspect, point[1]]);
  if (path.length === 1) return distance(spot, path[0]) <= limit;
  return path.slice(1).some((point, index) => toSegment(spot, path[index], point) <= limit);
}

function outline({ tool, points }) {
  if (tool !== "box" || points.length < 2) return points;
  const [[x1, y1], [x2, y2]] = points;
  return [[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]];
}

function withinText({ points, text, size }, [x, y], limit, aspect) {
  const [left, top] = [points[0][0] * aspect, points[0][1]];
  const height = size * LETTER;
  const width = text.length * height * 0.6;
  return x >= left - limit && x <= left + width + limit && y >= top - limit && y <= top + height * 1.2 + limit;
}

/** @param {number[]} one @param {number[]} other */
function distance([x1, y1], [x2, y2]) {
  return Math.hypot(x1 - x2, y1 - y2);
}

/** @param {number[]} spot @param {number[]} from @param {number[]} to */
function toSegment(spot, from, to) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((spot[0] - from[0]) * dx + (spot[1] - from[1]) * dy) / length;
  const t = Math.max(0, Math.min(1, along));
  return distance(spot, [from[0] + t * dx, from[1] + t * dy]);
}
