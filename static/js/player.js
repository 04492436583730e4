import { Controls } from "./player/controls.js";
import { clips } from "./player/clips.js";
import { Picture } from "./player/picture.js";
import { Transport } from "./player/transport.js";
import { View } from "./player/view.js";

/**
 * `<ct-player>`: one clip, by frame. Markup: templates/player/_player.html.
 *
 * Says `player:load`, `player:frame` (detail `{frame, paused}`, when it is on the screen), `player:play`,
 * `player:pause` (when the frame it stopped on is on the screen), `player:end`, `player:marker`, `player:change`.
 * `data-state` is empty, loading, ready or error.
 *
 * @typedef {{src: string, rate: import("./timecode.js").Rate, frames: number, poster?: string, label?: string, frame?: number}} Clip
 */
export class Player extends HTMLElement {
  #clip = null;
  #held = null;
  #loads = 0;
  #unbind = () => {};

  connectedCallback() {
    if (!this.transport) this.#enhance();
    this.#unbind = this.controls.bindKeys();
    if (!this.#clip && this.dataset.src) this.load(clipFrom(this.dataset));
    else if (!this.#clip) this.dataset.state = "empty";
  }

  disconnectedCallback() {
    this.#unbind();
    if (this.transport && !this.paused) this.pause();
    if (this.#held) clips.release(this.#held);
    this.#held = null;
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

  get range() {
    return this.transport.range;
  }

  set range(range) {
    this.transport.range = range;
  }

  set markers(markers) {
    this.controls.markers = markers;
  }

  /** The canvas over the picture, for drawings. */
  get overlay() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector(".player-overlay"));
  }

  /** Resolves when frame n is on the screen. */
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

  /**
   * Shows another clip; the old picture stays until the new one has painted. Resolves when it has, or when it could not.
   * @param {Clip} clip
   */
  async load(clip) {
    const load = (this.#loads += 1);
    this.#clip = clip;
    this.transport.reset();
    this.#keepPicture();
    this.#announce("loading", clip);
    try {
      await this.#open(clip, load);
    } catch (error) {
      if (load === this.#loads) this.#fail(error);
    }
  }

  async #open(clip, load) {
    const url = await clips.hold(clip.src);
    if (load !== this.#loads) {
      clips.release(clip.src);
      return;
    }
    if (this.#held) clips.release(this.#held);
    this.#held = clip.src;
    await this.picture.open(url, clip.rate, clip.frames);
    this.view.shape(this.picture.video.videoWidth, this.picture.video.videoHeight);
    await this.transport.seek(clip.frame ?? 0);
    if (load !== this.#loads) return;
    this.#hold.hidden = true;
    this.dataset.state = "ready";
    this.#say("load", { frame: this.frame, paused: this.paused });
  }

  #announce(state, clip) {
    this.dataset.state = state;
    this.dataset.src = clip.src;
    if (clip.label) this.setAttribute("aria-label", `Player, ${clip.label}`);
    if (clip.poster && this.#hold.hidden) this.picture.video.poster = clip.poster;
  }

  #fail(error) {
    this.#hold.hidden = true;
    this.picture.close();
    this.dataset.state = "error";
    this.querySelector("[data-part=error-text]").textContent = error.message;
  }

  get #hold() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector(".player-hold"));
  }

  #keepPicture() {
    const { video } = this.picture;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const hold = this.#hold;
    hold.width = video.videoWidth;
    hold.height = video.videoHeight;
    hold.getContext("2d").drawImage(video, 0, 0);
    hold.hidden = false;
  }

  #enhance() {
    this.picture = new Picture(this.querySelector("video"));
    this.transport = new Transport(this.picture);
    this.view = new View(this, () => [this.picture.video]);
    this.picture.rate = rateFrom(this.dataset);
    const retry = { does: "retry", label: "Try again", run: () => void this.load({ ...this.#clip, frame: this.frame }) };
    this.controls = new Controls(this, this.transport, this.view, [retry]);
    for (const what of ["frame", "play", "pause", "end", "change"]) {
      this.transport.addEventListener(what, (event) => this.#say(what, event.detail));
    }
    this.querySelector(".player-picture").addEventListener("click", (event) => this.#pictureClicked(event));
    this.#watchMarkers();
  }

  #pictureClicked(event) {
    const taken = event.defaultPrevented || event.target.closest("button, a, input, textarea");
    if (taken || this.hasAttribute("data-drawing")) return;
    if (this.dataset.state === "ready") this.transport.toggle();
  }

  /** Marks follow the `<ct-marker>` children, whoever changes them. */
  #watchMarkers() {
    const list = this.querySelector("[data-part=markers]");
    if (!list) return;
    const read = () => (this.markers = [...list.querySelectorAll("ct-marker")].map(markerFrom));
    new MutationObserver(read).observe(list, { childList: true, subtree: true, attributes: true });
    read();
  }

  #say(what, detail) {
    this.dispatchEvent(new CustomEvent(`player:${what}`, { bubbles: true, detail }));
  }
}

function rateFrom({ rateNum, rateDen }) {
  return { num: Number(rateNum ?? 24) || 24, den: Number(rateDen ?? 1) || 1 };
}

/** @returns {Clip} */
function clipFrom(data) {
  return { src: data.src, rate: rateFrom(data), frames: Number(data.frames), poster: data.poster, frame: Number(data.frame ?? 0) };
}

function markerFrom({ dataset }) {
  const start = Number(dataset.in);
  return { in: start, out: Number(dataset.out ?? start), id: dataset.id };
}

customElements.define("ct-player", Player);
