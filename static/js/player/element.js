import { Controls } from "./controls.js";
import { part } from "./part.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";

/** @import { Deed, Marker } from "./controls.js" */
/** @import { Reel } from "./transport.js" */

/**
 * What both players are to the rest of a page. Says `player:frame` (detail `{frame, paused}`, when it is on the
 * screen), `player:play`, `player:pause` (when the frame it stopped on is on the screen), `player:end`,
 * `player:change`, `player:marker`. `data-state` is empty, loading, ready or error.
 */
export class PlayerElement extends HTMLElement {
  #unbind = () => {};

  connectedCallback() {
    this.#unbind = this.controls.bindKeys();
  }

  disconnectedCallback() {
    this.#unbind();
    if (!this.paused) this.pause();
  }

  /**
   * Brings the finished HTML to life.
   * @param {Reel} reel
   * @param {() => HTMLMediaElement[]} sounding
   * @param {(transport: Transport) => Deed[]} more
   */
  enhance(reel, sounding, more) {
    this.transport = new Transport(reel);
    this.view = new View(this, sounding);
    this.controls = new Controls(this, this.transport, this.view, more(this.transport));
    const passOn = (/** @type {CustomEvent} */ { type, detail }) => this.say(`player:${type}`, detail);
    for (const what of ["frame", "play", "pause", "end", "change"]) this.transport.addEventListener(what, passOn);
    this.querySelector(".player-picture").addEventListener("click", (event) => this.#pictureClicked(event));
    this.#watchMarkers();
  }

  get frame() {
    return this.transport.frame;
  }

  get frames() {
    return this.transport.frames;
  }

  get rate() {
    return this.transport.rate;
  }

  get paused() {
    return this.transport.paused;
  }

  /** @returns {{in: number, out: number} | null} both ends inside */
  get range() {
    return this.transport.range;
  }

  set range(range) {
    this.transport.range = range;
  }

  /** @param {Marker[]} markers comments, by frame */
  set markers(markers) {
    this.controls.markers = markers;
  }

  /** Stops on frame n; resolves when it is on the screen. */
  seek(n) {
    return this.transport.goTo(n);
  }

  play() {
    return this.transport.play();
  }

  /** Resolves when the frame it stopped on is on the screen. */
  pause() {
    return this.transport.pause();
  }

  say(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { bubbles: true, detail }));
  }

  #pictureClicked(event) {
    const taken = event.defaultPrevented || event.target.closest("button, a, input, textarea");
    if (taken || this.hasAttribute("data-drawing")) return;
    if (this.dataset.state === "ready") this.transport.toggle();
  }

  /** Marks follow the `<ct-marker>` children, whoever changes them. */
  #watchMarkers() {
    const list = part(this, "markers");
    if (!list) return;
    const read = () => (this.markers = [...list.querySelectorAll("ct-marker")].map(markerFrom));
    new MutationObserver(read).observe(list, { childList: true, subtree: true, attributes: true });
    read();
  }
}

/** @param {DOMStringMap} data */
export function rateFrom({ rateNum, rateDen }) {
  return { num: Number(rateNum) || 24, den: Number(rateDen) || 1 };
}

function markerFrom({ dataset }) {
  const start = Number(dataset.in);
  return { in: start, out: Number(dataset.out ?? start), id: dataset.id };
}
