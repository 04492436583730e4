import { keys } from "../keys.js";
import { parsePosition, toTimecode } from "../timecode.js";
import { buttonFor, part } from "./part.js";
import { remember, remembered } from "./settings.js";
import { press } from "./view.js";

/** @import { Action } from "../keys.js" */
/** @import { Transport } from "./transport.js" */
/** @import { View } from "./view.js" */

/** @typedef {Action & {does?: string, keys?: string}} Deed */
/** @typedef {{in: number, out?: number, id?: string, label?: string}} Marker */

/**
 * Buttons, keys, slider, counter and marks of a player. A button says with `data-do` which action it is; keys run the
 * same table.
 */
export class Controls {
  #markers = [];
  #edits = [];
  #units = remembered("units", "frames");
  #resume = false;

  /**
   * @param {HTMLElement} host
   * @param {Transport} transport
   * @param {View} view
   * @param {Deed[]} [more] what only this kind of player does
   */
  constructor(host, transport, view, more = []) {
    this.host = host;
    this.transport = transport;
    this.slider = part(host, "slider");
    this.counter = part(host, "counter");
    this.entry = part(host, "entry");
    this.marks = part(host, "marks");
    this.actions = [...actionsFor(transport, view, this), ...more];
    this.#listen();
    transport.addEventListener("change", () => this.draw());
    transport.addEventListener("seek", () => this.#drawFrame());
    transport.addEventListener("frame", () => this.#drawFrame());
    this.draw();
  }

  /** Returns a function that takes the keys away again. */
  bindKeys() {
    const pageDefault = this.host.hasAttribute("data-page-default");
    const bound = this.actions.filter((action) => action.keys).map((action) => [action.keys, action]);
    return keys.scope(this.host.dataset.keysTitle ?? "Player", this.host, Object.fromEntries(bound), { pageDefault });
  }

  /** @param {Marker[]} markers comments, by frame */
  set markers(markers) {
    this.#markers = [...markers].sort((a, b) => a.in - b.in);
    this.#drawMarks();
  }

  /** @param {number[]} starts first frames of the shots of a cut */
  set edits(starts) {
    this.#edits = starts;
    this.#drawMarks();
  }

  /** Goes to the next or previous comment; false where there is none that way. */
  toMarker(direction) {
    const { frame } = this.transport;
    const ahead = this.#markers.filter((marker) => (marker.in - frame) * direction > 0);
    const marker = direction > 0 ? ahead[0] : ahead.at(-1);
    if (!marker) return this.#markers.length > 0;
    this.transport.goTo(marker.in);
    this.host.dispatchEvent(new CustomEvent("player:marker", { bubbles: true, detail: marker }));
    return true;
  }

  /** To the previous or next first frame of a shot. */
  toEdit(direction) {
    const { frame } = this.transport;
    const ahead = this.#edits.filter((start) => (start - frame) * direction > 0);
    const target = direction > 0 ? ahead[0] : ahead.at(-1);
    if (target !== undefined) this.transport.seek(target);
  }

  toggleUnits() {
    this.#units = this.#units === "frames" ? "timecode" : "frames";
    remember("units", this.#units);
    this.draw();
  }

  typePosition() {
    this.entry.value = "";
    this.entry.placeholder = this.#position(this.transport.frame);
    this.entry.hidden = false;
    this.counter.hidden = true;
    this.entry.focus();
  }

  draw() {
    const { transport, host } = this;
    host.dataset.playing = transport.paused ? "no" : "yes";
    buttonFor(host, "toggle").setAttribute("aria-label", transport.paused ? "Play" : "Pause");
    press(host, "loop", transport.loop);
    buttonFor(host, "clear").disabled = transport.range === null;
    part(host, "speed").textContent = `${rounded(transport.speed)}×`;
    buttonFor(host, "units").textContent = this.#units === "frames" ? "Frames" : "TC";
    this.slider.max = String(Math.max(0, transport.frames - 1));
    part(host, "shuttle").textContent = shuttleText(transport);
    this.#drawMarks();
    this.#drawFrame();
  }

  #drawFrame() {
    const { frame, frames, rate, paused } = this.transport;
    this.counter.textContent = this.#position(frame);
    part(this.host, "total").textContent = `/ ${this.#position(frames)}`;
    this.slider.value = String(frame);
    // A screen reader would read every frame of a running clip.
    if (paused || frame % 24 === 0) {
      this.slider.setAttribute("aria-valuetext", `frame ${frame} of ${frames}, ${toTimecode(frame, rate)}`);
    }
  }

  #position(n) {
    const { rate } = this.transport;
    return this.#units === "frames" ? String(n).padStart(4, "0") : toTimecode(n, rate);
  }

  #listen() {
    const { host, slider, entry, transport } = this;
    host.addEventListener("click", (event) => this.#clicked(event));
    slider.addEventListener("pointerdown", () => {
      this.#resume = !transport.paused;
      if (this.#resume) transport.pause();
    });
    slider.addEventListener("input", () => transport.seek(Number(slider.value)));
    const letGo = () => {
      if (this.#resume) transport.play();
      this.#resume = false;
    };
    slider.addEventListener("pointerup", letGo);
    slider.addEventListener("pointercancel", letGo);
    entry.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#enterPosition();
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.#closeEntry();
      }
    });
    entry.addEventListener("blur", () => this.#closeEntry());
  }

  #clicked(event) {
    const button = event.target instanceof Element && event.target.closest("[data-do]");
    if (!button) return;
    const action = this.actions.find((one) => one.does === button.dataset.do);
    if (!action) return;
    action.run(event);
    // After a click the keys should reach the player, or Space would press the same button again.
    if (event.detail > 0 && button.dataset.do !== "type") this.host.focus({ preventScroll: true });
  }

  #enterPosition() {
    const { transport } = this;
    const n = parsePosition(this.entry.value, transport.rate, transport.frame);
    if (n !== null) transport.goTo(n);
  }

  #closeEntry() {
    if (this.entry.hidden) return;
    const hadFocus = document.activeElement === this.entry;
    this.entry.hidden = true;
    this.counter.hidden = false;
    if (hadFocus) this.host.focus({ preventScroll: true });
  }

  #drawMarks() {
    const { range } = this.transport;
    const marks = this.#edits.slice(1).map((start) => this.#mark("edit", start));
    if (range) marks.push(this.#mark("range", range.in, range.out));
    for (const marker of this.#markers) marks.push(this.#mark("comment", marker.in, marker.out));
    this.marks.replaceChildren(...marks);
  }

  #mark(kind, start, end = start) {
    const span = Math.max(1, this.transport.frames - 1);
    const mark = document.createElement("span");
    mark.className = `player-mark is-${kind}`;
    mark.style.setProperty("--from", String(Math.min(1, start / span)));
    mark.style.setProperty("--to", String(Math.min(1, end / span)));
    return mark;
  }
}

function actionsFor(transport, view, controls) {
  const stepOrShuttle = (direction) => onceUnlessStepping(() => {
    if (keys.isHeld("k")) transport.step(direction);
    else transport.shuttleTo(direction);
  });
  const [back, ahead] = [stepOrShuttle(-1), stepOrShuttle(1)];
  const step = (by) => () => void transport.step(by);
  return [
    { does: "toggle", keys: "space", label: "Play or pause", run: () => void transport.toggle() },
    { does: "back", keys: "j", label: "Play backwards, then faster; K held: step", repeat: true, run: back },
    { does: "stop", keys: "k", label: "Pause", run: () => void transport.pause() },
    { does: "ahead", keys: "l", label: "Play, then faster; K held: step", repeat: true, run: ahead },
    { does: "previous", keys: "arrowleft", label: "One frame back", repeat: true, run: step(-1) },
    { does: "next", keys: "arrowright", label: "One frame on", repeat: true, run: step(1) },
    { keys: "shift+arrowleft", label: "Five frames back", repeat: true, run: step(-5) },
    { keys: "shift+arrowright", label: "Five frames on", repeat: true, run: step(5) },
    { does: "first", keys: "home", label: "First frame", run: () => void transport.goTo(transport.first) },
    { does: "last", keys: "end", label: "Last frame", run: () => void transport.goTo(transport.last) },
    { does: "in", keys: "i [", label: "Set in", run: () => transport.setIn() },
    { does: "out", keys: "o ]", label: "Set out", run: () => transport.setOut() },
    { does: "clear", keys: "\\", label: "Clear in and out", run: () => void (transport.range = null) },
    { does: "loop", keys: "shift+l", label: "Loop on or off", run: () => transport.toggleLoop() },
    { keys: "<", label: "Slower", run: () => transport.changeSpeed(-1) },
    { keys: ">", label: "Faster", run: () => transport.changeSpeed(1) },
    { does: "speed", label: "Next speed", run: () => transport.changeSpeed(1, true) },
    { keys: ",", label: "Previous comment", run: () => controls.toMarker(-1) },
    { keys: ".", label: "Next comment", run: () => controls.toMarker(1) },
    { does: "type", label: "Go to a frame or timecode", run: () => controls.typePosition() },
    { does: "units", label: "Frames or timecode", run: () => controls.toggleUnits() },
    { does: "mute", keys: "m", label: "Sound on or off", run: () => view.toggleMute() },
    { does: "surround", label: "Surround", run: () => view.nextSurround() },
    { does: "zoom", keys: "z", label: "Fit or 1:1", run: () => view.toggleZoom() },
    { does: "fullscreen", keys: "f", label: "Full screen", run: () => void view.toggleFullscreen() },
  ];
}

/** Held J or L means one thing; only with K held does it step on and on. */
function onceUnlessStepping(run) {
  return (event) => {
    if (!event.repeat || keys.isHeld("k")) run();
  };
}

function shuttleText({ shuttle }) {
  if (shuttle === 0 || shuttle === 1) return "";
  return `${shuttle < 0 ? "◀" : "▶"} ${Math.abs(shuttle)}×`;
}

function rounded(speed) {
  return String(Math.round(speed * 100) / 100);
}
