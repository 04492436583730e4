import { frameAt, pausedTime, runningTime } from "../timecode.js";
import { Latest } from "./latest.js";

/** @import { Rate } from "../timecode.js" */

/** How long to wait, after the browser says a seek is done, for word that the picture is on the screen. */
const PAINT_GRACE_MS = 120;

/**
 * One `<video>` by frame number. Paused, the number asked for is the truth; running, the number of the picture that
 * was presented. `currentTime` is written and never read back.
 */
export class Picture {
  rate = { num: 24, den: 1 };
  frames = 0;
  /** Called with each frame presented while running. @type {(n: number) => void} */
  onframe = () => {};
  /** Called when the clip ran out. */
  onend = () => {};
  /** The last frame to show while running. */
  until = Infinity;
  #turn = 0;
  #seeks = new Latest((n) => this.#land(n));
  #shown = null;
  #moves = 0;
  #running = false;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    video.addEventListener("ended", () => this.#end());
  }

  /** Resolves when the clip can be shown. @param {string} url @param {Rate} rate */
  async open(url, rate, frames) {
    this.halt();
    this.#moved();
    this.rate = rate;
    this.frames = frames;
    await loaded(this.video, url);
  }

  close() {
    this.halt();
    this.#moved();
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** Shows frame n, standing still; resolves when the frame last asked for is on the screen. */
  show(n) {
    return this.#seeks.ask(n);
  }

  /** Plays forward from frame n. */
  run(speed, n) {
    const stands = this.#shown === n;
    this.#moved();
    this.video.playbackRate = speed;
    if (this.#running) return undefined;
    this.#running = true;
    if (!stands) this.video.currentTime = runningTime(n, this.rate);
    this.#watch();
    return this.#play();
  }

  /** Goes on from frame n without stopping, also after the end. */
  jump(n) {
    clearTimeout(this.#turn);
    this.video.currentTime = runningTime(n, this.rate);
    return this.#play();
  }

  halt() {
    clearTimeout(this.#turn);
    this.#running = false;
    this.video.pause();
  }

  /** Browsers refuse sound before the first click; the picture is worth more than the sound. */
  async #play() {
    try {
      await this.video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError" || this.video.muted) return;
      this.video.muted = true;
      await this.video.play().catch(() => {});
    }
  }

  #watch() {
    this.video.requestVideoFrameCallback((_now, { mediaTime }) => {
      if (!this.#running) return;
      this.#watch();
      if (!this.video.seeking) this.#presented(this.#clamp(frameAt(mediaTime, this.rate)));
    });
  }

  #presented(n) {
    if (n > this.until) {
      this.#end();
      return;
    }
    this.onframe(n);
    if (n === this.until) this.#holdLast();
  }

  /** Held, or the next one would slip through. It keeps most of its time; the seek back to the first takes the rest. */
  #holdLast() {
    this.video.pause();
    clearTimeout(this.#turn);
    this.#turn = setTimeout(() => this.#end(), (750 * this.rate.den) / this.rate.num / this.video.playbackRate);
  }

  #end() {
    clearTimeout(this.#turn);
    if (this.#running) this.onend();
  }

  #clamp(n) {
    return Math.max(0, Math.min(this.frames - 1, n));
  }

  /** From here on no seek asked for before says what is on the screen. */
  #moved() {
    this.#moves += 1;
    this.#seeks.forget();
    this.#shown = null;
  }

  async #land(n) {
    if (this.#shown === n || !this.video.currentSrc) return;
    const moves = this.#moves;
    const painted = this.#painted(n);
    this.video.currentTime = pausedTime(n, this.rate);
    await painted;
    if (moves === this.#moves) this.#shown = n;
  }

  #painted(n) {
    const { video, rate } = this;
    return new Promise((/** @type {(value?: void) => void} */ resolve) => {
      let timer = 0;
      let watch = 0;
      const listening = new AbortController();
      const done = () => {
        clearTimeout(timer);
        video.cancelVideoFrameCallback(watch);
        listening.abort();
        resolve();
      };
      const look = (_now, { mediaTime }) => {
        if (frameAt(mediaTime, rate) === n) done();
        else watch = video.requestVideoFrameCallback(look);
      };
      watch = video.requestVideoFrameCallback(look);
      const { signal } = listening;
      video.addEventListener("seeked", () => (timer = setTimeout(done, PAINT_GRACE_MS)), { signal });
      video.addEventListener("emptied", done, { signal });
      video.addEventListener("error", done, { signal });
    });
  }
}

function loaded(video, url) {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const { signal } = listening;
    const settle = (act) => () => {
      listening.abort();
      act();
    };
    video.addEventListener("loadeddata", settle(resolve), { signal });
    const refuse = () => reject(new Error("The clip was fetched, but this browser cannot play it."));
    video.addEventListener("error", settle(refuse), { signal });
    video.preload = "auto";
    video.src = url;
  });
}
