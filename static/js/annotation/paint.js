import { COLOURS, LETTER } from "./strokes.js";

const FONT = '600 1px "Inter", system-ui, sans-serif';

/** Draws strokes over a picture of width by height pixels; the dark edge keeps them readable on any picture. */
export function paint(brush, strokes, width, height, alpha = 1) {
  brush.save();
  brush.globalAlpha = alpha;
  brush.lineCap = "round";
  brush.lineJoin = "round";
  for (const stroke of strokes) PAINTERS[stroke.tool](brush, stroke, width, height);
  brush.restore();
}

const PAINTERS = { pen: paintPen, arrow: paintArrow, box: paintBox, text: paintText };

function paintPen(brush, { points, color, size }, width, height) {
  const spots = points.map(([x, y, p]) => ({ x: x * width, y: y * height, wide: size * height * (0.4 + 1.2 * p) }));
  for (const [shade, edge] of shades(color, height)) {
    brush.strokeStyle = brush.fillStyle = shade;
    if (spots.length === 1) dot(brush, spots[0], edge);
    for (let at = 1; at < spots.length; at += 1) segment(brush, spots, at, edge);
  }
}

function dot(brush, { x, y, wide }, edge) {
  brush.beginPath();
  brush.arc(x, y, wide / 2 + edge, 0, 2 * Math.PI);
  brush.fill();
}

/** From the middle before a point to the middle after it, so that the line bends and does not break. */
function segment(brush, spots, at, edge) {
  const [before, here] = [spots[at - 1], spots[at]];
  const start = at === 1 ? before : middle(spots[at - 2], before);
  const end = at === spots.length - 1 ? here : middle(before, here);
  brush.lineWidth = (before.wide + here.wide) / 2 + 2 * edge;
  brush.beginPath();
  brush.moveTo(start.x, start.y);
  brush.quadraticCurveTo(before.x, before.y, end.x, end.y);
  brush.stroke();
}

function middle(one, other) {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

function paintArrow(brush, { points, color, size }, width, height) {
  const [from, to] = ends(points, width, height);
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const head = Math.max(size * height * 4, 8);
  outlined(brush, color, size * height, height, () => {
    brush.moveTo(from.x, from.y);
    brush.lineTo(to.x, to.y);
    for (const turn of [-0.45, 0.45]) {
      brush.moveTo(to.x, to.y);
      brush.lineTo(to.x - head * Math.cos(angle + turn), to.y - head * Math.sin(angle + turn));
    }
  });
}

function paintBox(brush, { points, color, size }, width, height) {
  const [from, to] = ends(points, width, height);
  outlined(brush, color, size * height, height, () => brush.rect(from.x, from.y, to.x - from.x, to.y - from.y));
}

function paintText(brush, { points, color, size, text }, width, height) {
  const letter = size * height * LETTER;
  brush.font = FONT.replace("1px", `${letter}px`);
  brush.textBaseline = "top";
  const [x, y] = [points[0][0] * width, points[0][1] * height];
  brush.lineWidth = letter / 8;
  brush.strokeStyle = "rgb(0 0 0 / .75)";
  brush.strokeText(text, x, y);
  brush.fillStyle = COLOURS[color] ?? COLOURS.white;
  brush.fillText(text, x, y);
}

function outlined(brush, color, wide, height, trace) {
  for (const [shade, edge] of shades(color, height)) {
    brush.strokeStyle = shade;
    brush.lineWidth = wide + 2 * edge;
    brush.beginPath();
    trace();
    brush.stroke();
  }
}

function shades(color, height) {
  return [["rgb(0 0 0 / .55)", Math.max(1, height / 500)], [COLOURS[color] ?? COLOURS.white, 0]];
}

function ends(points, width, height) {
  const at = ([x, y]) => ({ x: x * width, y: y * height });
  return [at(points[0]), at(points.at(-1))];
}
