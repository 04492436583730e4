import { History } from "./annotation/history.js";
import { paint } from "./annotation/paint.js";
import { LETTER, MOST_LETTERS, MOST_POINTS, MOST_STROKES, SIZES } from "./annotation/strokes.js";
import { pointAt, problemWith, touches } from "./annotation/strokes.js";
import { keys } from "./keys.js";
import { part } from "./player/part.js";
import { press } from "./player/view.js";
import "./player.js";

/** @import { Drawing } from "./annotation/strokes.js" */
/** @import { Player } from "./player.js" */

/** Points nearer than this part of the picture say nothing new. */
const NEAREST = 0.0015;
const ERASER_REACH = 0.015;
/** How far, in frames, a neighbour's drawing shines through. */
const ONION_REACH = 24;
const ONION_ALPHA = 0.22;
const NUDGE = 0.01;

/**
 * `<ct-annotation>` inside a `<ct-player>`: draws on the paused frame and shows saved drawings at theirs. Markup:
 * templates/player/_annotation.html; the format: annotation/strokes.js.
 *
 * `value` is the drawing not yet sent, or null; `frame` the frame it is on; `drawings` the saved ones,
 * `[{id, frame, value}]`. Says `annotation:change` (detail `{value, frame}`) and `annotation:mode` (`{drawing}`).
 */
export class Annotation extends HTMLElement {
  #history = new History();
  #frame = null;
  #drawings = [];
  #drawing = false;
  #visible = true;
  #tool = "pen";
  #colour = "red";
  #size = 2;
  #stroke = null;
  #spot = { x: 0.5, y: 0.5, shown: false };
  #unbind = [];

  connectedCallback() {
    this.player = /** @type {Player} */ (this.closest("ct-player"));
    this.tools = /** @type {HTMLElement} */ (this.querySelector(".annotation-tools"));
    this.overlay = this.player.overlay;
    this.#readSaved();
    this.#listen();
    this.#bindKeys();
    this.#draw();
  }

  disconnectedCallback() {
    for (const unbind of this.#unbind) unbind();
    this.#unbind = [];
  }

  /** @returns {Drawing | null} */
  get value() {
    const { strokes } = this.#history;
    return strokes.length > 0 ? { format: 1, strokes: structuredClone(strokes) } : null;
  }

  /** Throws where it is no drawing. */
  set value(drawing) {
    const problem = drawing && problemWith(drawing);
    if (problem) throw new Error(problem);
    this.#history.restart(structuredClone(drawing?.strokes ?? []));
    this.#frame = drawing ? this.player.frame : null;
    this.#changed();
  }

  /** The frame the drawing not yet sent is on; null without one. */
  get frame() {
    return this.#history.strokes.length > 0 ? this.#frame : null;
  }

  /** @param {{id?: string | number, frame: number, value: Drawing}[]} drawings */
  set drawings(drawings) {
    this.#drawings = drawings.filter(({ value }) => problemWith(value) === null);
    this.#draw();
  }

  get drawings() {
    return this.#drawings;
  }

  get drawing() {
    return this.#drawing;
  }

  /** Resolves when the frame to draw on stands still. */
  async start() {
    if (this.#drawing || this.player.dataset.state !== "ready") return;
    await this.player.pause();
    this.#setMode(true);
    this.#show(true);
    if (this.#frame !== null && this.value) await this.player.seek(this.#frame);
  }

  stop() {
    if (this.#drawing) this.#setMode(false);
  }

  /** After the drawing was sent with its comment. */
  clear() {
    this.value = null;
    this.stop();
  }

  #setMode(on) {
    this.#endStroke();
    this.#drawing = on;
    this.tools.hidden = !on;
    this.player.toggleAttribute("data-drawing", on);
    press(this.player, "draw", on);
    this.overlay.tabIndex = on ? 0 : -1;
    this.#spot.shown = false;
    this.#note("");
    this.#draw();
    this.dispatchEvent(new CustomEvent("annotation:mode", { bubbles: true, detail: { drawing: on } }));
  }

  #show(on) {
    this.#visible = on;
    this.#button("visible").setAttribute("aria-pressed", String(on));
    this.#draw();
  }

  #readSaved() {
    const saved = this.querySelector("script[type='application/json']");
    if (saved) this.drawings = JSON.parse(saved.textContent);
  }

  #listen() {
    const listening = new AbortController();
    const { signal } = listening;
    this.#unbind.push(() => listening.abort());
    this.#listenToPlayer(signal);
    this.#listenToPointer(signal);
    this.addEventListener("click", (event) => this.#clicked(event), { signal });
    const asked = this.querySelector("dialog");
    asked.addEventListener("close", () => asked.returnValue === "discard" && this.clear(), { signal });
    const watch = new ResizeObserver(() => this.#draw());
    watch.observe(this.overlay);
    this.#unbind.push(() => watch.disconnect());
  }

  #listenToPlayer(signal) {
    const { player } = this;
    player.addEventListener("click", (event) => this.#drawClicked(event), { signal });
    player.addEventListener("player:play", () => this.stop(), { signal });
    player.addEventListener("player:load", () => this.#draw(), { signal });
    player.addEventListener("player:frame", () => this.#frameShown(), { signal });
  }

  #frameShown() {
    if (this.#stroke && this.player.frame !== this.#frame) this.#endStroke();
    this.#draw();
  }

  #drawClicked(event) {
    if (event.target instanceof Element && event.target.closest("[data-do=draw]")) this.#toggle();
  }

  #toggle() {
    return this.#drawing ? this.stop() : this.start();
  }

  #listenToPointer(signal) {
    const { overlay } = this;
    overlay.addEventListener("pointerdown", (event) => this.#pointerDown(event), { signal });
    overlay.addEventListener("pointermove", (event) => this.#pointerMoved(event), { signal });
    overlay.addEventListener("pointerup", () => this.#endStroke(), { signal });
    overlay.addEventListener("pointercancel", () => this.#endStroke(), { signal });
    // The picture plays on a click; not while it is drawn on.
    overlay.addEventListener("click", (event) => event.stopPropagation(), { signal });
  }

  #bindKeys() {
    const { player, overlay } = this;
    const drawing = () => this.#drawing;
    const always = {
      d: { label: "Draw on this frame, or stop", run: () => void this.#toggle() },
      v: { label: "Show or hide drawings", run: () => this.#show(!this.#visible) },
    };
    const whileDrawing = {
      "[": { label: "Thinner", repeat: true, run: () => this.#resize(-1) },
      "]": { label: "Thicker", repeat: true, run: () => this.#resize(1) },
      "ctrl+z": { label: "Undo", repeat: true, run: () => this.#undo() },
      "ctrl+shift+z ctrl+y": { label: "Redo", repeat: true, run: () => this.#redo() },
      escape: { label: "Discard the drawing", run: () => this.#discard() },
    };
    const byKeys = {
      space: { label: "Pen down, pen up, with the picture in focus", run: () => this.#pressAtSpot() },
      arrowleft: { label: "Move the pen", repeat: true, run: () => this.#nudge(-NUDGE, 0) },
      arrowright: { label: "Move the pen", hidden: true, repeat: true, run: () => this.#nudge(NUDGE, 0) },
      arrowup: { label: "Move the pen", hidden: true, repeat: true, run: () => this.#nudge(0, -NUDGE) },
      arrowdown: { label: "Move the pen", hidden: true, repeat: true, run: () => this.#nudge(0, NUDGE) },
    };
    this.#unbind.push(
      keys.scope("Drawing", player, always, { pageDefault: player.hasAttribute("data-page-default") }),
      keys.scope("Drawing", player, whileDrawing, { when: drawing }),
      keys.scope("Drawing", overlay, byKeys, { when: drawing }),
    );
  }

  #clicked(event) {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button) return;
    const { tool, colour, draw } = button.dataset;
    if (tool) this.#choose("tool", tool);
    if (colour) this.#choose("colour", colour);
    if (draw) this.#command(draw);
  }

  #choose(kind, value) {
    if (kind === "tool") this.#tool = value;
    else this.#colour = value;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll(`[data-${kind}]`))) {
      button.setAttribute("aria-pressed", String(button.dataset[kind] === value));
    }
    this.player.dataset.drawingTool = this.#tool;
  }

  #command(name) {
    const commands = {
      thinner: () => this.#resize(-1),
      thicker: () => this.#resize(1),
      undo: () => this.#undo(),
      redo: () => this.#redo(),
      visible: () => this.#show(!this.#visible),
      discard: () => this.#discard(),
      done: () => this.stop(),
    };
    commands[name]?.();
  }

  #resize(by) {
    this.#size = Math.max(0, Math.min(SIZES.length - 1, this.#size + by));
    part(this, "size").textContent = String(this.#size + 1);
  }

  #undo() {
    this.#history.undo();
    this.#changed();
  }

  #redo() {
    this.#history.redo();
    this.#changed();
  }

  #discard() {
    if (!this.value) {
      this.stop();
      return;
    }
    const asked = this.querySelector("dialog");
    asked.returnValue = "";
    asked.showModal();
  }

  #pointerDown(event) {
    if (!this.#drawing || event.button !== 0) return;
    event.preventDefault();
    this.overlay.focus({ preventScroll: true });
    this.#spot.shown = false;
    const point = this.#pointOf(event);
    if (this.#tool !== "text") this.overlay.setPointerCapture(event.pointerId);
    this.#press(point);
  }

  #pointerMoved(event) {
    if (!this.#stroke) return;
    // Missing on insecure origins; the coarser path is the same drawing.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length > 0 ? events : [event]) this.#extend(this.#pointOf(one));
    this.#draw();
  }

  #pointOf(event) {
    const { left, top, width, height } = this.overlay.getBoundingClientRect();
    const pressure = event.pointerType === "pen" ? event.pressure : 0.5;
    return pointAt((event.clientX - left) / width, (event.clientY - top) / height, pressure);
  }

  #press(point) {
    if (this.#history.strokes.length >= MOST_STROKES) {
      this.#note("This drawing is full. Send it, or undo some strokes.");
      return;
    }
    this.#moveToFrame();
    if (this.#tool === "text") this.#writeAt(point);
    else this.#stroke = { tool: this.#tool, color: this.#colour, size: SIZES[this.#size], points: [point] };
    if (this.#tool === "eraser") this.#erase(point);
    this.#draw();
  }

  /** A comment has one drawing, on one frame: drawing on after stepping away takes it along. */
  #moveToFrame() {
    const { frame } = this.player;
    if (this.#frame !== frame && this.value) this.#note(`The drawing moved here from frame ${this.#frame}.`);
    this.#frame = frame;
  }

  #extend(point) {
    const { points, tool } = this.#stroke;
    if (tool === "eraser") {
      this.#erase(point);
      return;
    }
    if (tool !== "pen") {
      points[1] = point;
      return;
    }
    const [x, y] = points.at(-1);
    const near = Math.hypot(point[0] - x, point[1] - y) < NEAREST;
    if (!near && points.length < MOST_POINTS) points.push(point);
  }

  #erase([x, y]) {
    const aspect = this.overlay.clientWidth / this.overlay.clientHeight;
    const kept = this.#history.strokes.filter((stroke) => !touches(stroke, x, y, ERASER_REACH, aspect));
    if (kept.length === this.#history.strokes.length) return;
    this.#history.become(kept);
    this.#changed();
  }

  #endStroke() {
    const stroke = this.#stroke;
    this.#stroke = null;
    if (stroke && isWhole(stroke)) this.#keep(stroke);
    else if (stroke) this.#draw();
  }

  #keep(stroke) {
    const strokes = [...this.#history.strokes, stroke];
    const problem = problemWith({ format: 1, strokes });
    if (problem) this.#note(problem);
    else this.#history.become(strokes);
    this.#changed();
  }

  #writeAt(point) {
    const { color, size } = { color: this.#colour, size: SIZES[this.#size] };
    const field = document.createElement("input");
    field.className = "annotation-words";
    field.maxLength = Math.min(MOST_LETTERS, 120);
    field.setAttribute("aria-label", "Words on the picture");
    field.dataset.colour = color;
    field.style.setProperty("left", `${point[0] * 100}%`);
    field.style.setProperty("top", `${point[1] * 100}%`);
    field.style.setProperty("font-size", `${size * LETTER * this.overlay.clientHeight}px`);
    let finished = false;
    const finish = (keep) => {
      if (finished) return;
      finished = true;
      const text = field.value.trim();
      field.remove();
      if (keep && text) this.#keep({ tool: "text", color, size, points: [point], text });
      this.overlay.focus({ preventScroll: true });
    };
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      finish(event.key === "Enter");
    });
    field.addEventListener("blur", () => finish(true));
    this.overlay.after(field);
    field.focus();
  }

  #pressAtSpot() {
    this.#spot.shown = true;
    if (this.#stroke) this.#endStroke();
    else this.#press(pointAt(this.#spot.x, this.#spot.y, 0.5));
    this.#draw();
  }

  #nudge(dx, dy) {
    const [x, y] = pointAt(this.#spot.x + dx, this.#spot.y + dy, 0.5);
    this.#spot = { x, y, shown: true };
    if (this.#stroke) this.#extend(pointAt(x, y, 0.5));
    this.#draw();
  }

  #changed() {
    this.#draw();
    const detail = { value: this.value, frame: this.frame };
    this.dispatchEvent(new CustomEvent("annotation:change", { bubbles: true, detail }));
  }

  #note(text) {
    part(this, "note").textContent = text;
  }

  #draw() {
    if (!this.overlay) return;
    const { overlay } = this;
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(overlay.clientWidth * ratio), Math.round(overlay.clientHeight * ratio)];
    if (overlay.width !== width || overlay.height !== height) Object.assign(overlay, { width, height });
    const brush = overlay.getContext("2d");
    brush.clearRect(0, 0, width, height);
    for (const [strokes, alpha] of this.#visible ? this.#layers() : []) paint(brush, strokes, width, height, alpha);
    if (this.#spot.shown && this.#drawing) paintSpot(brush, this.#spot.x * width, this.#spot.y * height, ratio);
    this.#button("undo").disabled = !this.#history.canUndo;
    this.#button("redo").disabled = !this.#history.canRedo;
  }

  /** @returns {HTMLButtonElement} */
  #button(name) {
    return this.querySelector(`[data-draw=${name}]`);
  }

  #layers() {
    const { frame, paused } = this.player;
    const here = this.#drawings.filter((drawing) => drawing.frame === frame).map(({ value }) => [value.strokes, 1]);
    const layers = paused ? [...this.#neighbours(frame), ...here] : here;
    if (this.#frame === frame) layers.push([this.#history.strokes, 1]);
    if (this.#stroke && isWhole(this.#stroke)) layers.push([[this.#stroke], 1]);
    return layers;
  }

  /** The nearest drawing before and after, faint, so that a movement can be drawn frame by frame. */
  #neighbours(frame) {
    const own = this.value && this.#frame !== frame ? [{ frame: this.#frame, value: this.value }] : [];
    const others = [...this.#drawings, ...own].filter((drawing) => drawing.frame !== frame);
    const near = others.filter((drawing) => Math.abs(drawing.frame - frame) <= ONION_REACH);
    const before = Math.max(...near.map((one) => one.frame).filter((n) => n < frame));
    const after = Math.min(...near.map((one) => one.frame).filter((n) => n > frame));
    const nearest = near.filter((one) => one.frame === before || one.frame === after);
    return nearest.map(({ value }) => [value.strokes, ONION_ALPHA]);
  }
}

/** An arrow or a box that went nowhere is none; the eraser leaves no stroke. */
function isWhole({ tool, points }) {
  return tool === "pen" || (tool !== "eraser" && points.length > 1);
}

function paintSpot(brush, x, y, ratio) {
  const reach = 9 * ratio;
  for (const { shade, wide } of [{ shade: "#000", wide: 3 }, { shade: "#fff", wide: 1 }]) {
    brush.strokeStyle = shade;
    brush.lineWidth = wide * ratio;
    brush.beginPath();
    brush.moveTo(x - reach, y);
    brush.lineTo(x + reach, y);
    brush.moveTo(x, y - reach);
    brush.lineTo(x, y + reach);
    brush.stroke();
  }
}

customElements.define("ct-annotation", Annotation);
