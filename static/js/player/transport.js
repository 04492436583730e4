import { fps } from "../timecode.js";

/** @import { Rate } from "../timecode.js" */

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
const SHUTTLES = [1, 2, 4];
/** A frame behind by more than this many is not made up for; the backward clock starts afresh. */
const MOST_BEHIND = 4;

/**
 * What can be played: `Picture` for a clip, `CutReel` for a whole cut. Running, it calls `onend` when `until`, the last
 * frame it is to show, has had its time.
 * @typedef {{
 *   rate: Rate, frames: number,
 *   show: (n: number) => Promise<void>, run: (speed: number, n: number) => unknown,
 *   jump: (n: number) => void, halt: () => void,
 *   until: number, onframe: (n: number) => void, onend: () => void,
 * }} Reel
 */

/**
 * Play, pause, shuttle, step, loop and range over a reel. Says `seek` when a frame is asked for and `frame` when it is
 * on the screen, `play`, `pause` (once the frame it stopped on is on the screen), `end`, and `change` when any setting
 * is another.
 */
export class Transport extends EventTarget {
  frame = 0;
  speed = 1;
  loop = true;
  #range = null;
  #shuttle = 0;
  #run = 0;

  /** @param {Reel} reel */
  constructor(reel) {
    super();
    this.reel = reel;
    reel.onframe = (n) => this.#presented(n);
    reel.onend = () => this.#reachedEnd();
  }

  get frames() {
    return this.reel.frames;
  }

  get rate() {
    return this.reel.rate;
  }

  get paused() {
    return this.#shuttle === 0;
  }

  /** Signed: 0 stands, 1, 2 and 4 run forward, -1, -2 and -4 backward. */
  get shuttle() {
    return this.#shuttle;
  }

  get first() {
    return this.#range?.in ?? 0;
  }

  get last() {
    return this.#range?.out ?? Math.max(0, this.frames - 1);
  }

  /** Both ends are inside; null for the whole. @returns {{in: number, out: number} | null} */
  get range() {
    return this.#range && { ...this.#range };
  }

  set range(range) {
    this.#range = range && this.#ordered(this.#clamp(range.in), this.#clamp(range.out));
    this.reel.until = this.last;
    this.#changed();
  }

  setIn() {
    const out = this.#range && this.#range.out >= this.frame ? this.#range.out : this.frames - 1;
    this.range = { in: this.frame, out };
  }

  setOut() {
    const start = this.#range && this.#range.in <= this.frame ? this.#range.in : 0;
    this.range = { in: start, out: this.frame };
  }

  toggleLoop() {
    this.loop = !this.loop;
    this.#changed();
  }

  /** The next speed up or down; `around` goes from the fastest to the slowest. */
  changeSpeed(by, around = false) {
    const at = SPEEDS.indexOf(this.speed) + by;
    const most = SPEEDS.length - 1;
    this.speed = SPEEDS[around ? (at + SPEEDS.length) % SPEEDS.length : Math.max(0, Math.min(most, at))];
    if (this.paused) this.#changed();
    else this.#start(this.#shuttle);
  }

  /** Resolves when the frame is on the screen. The number is the truth at once. */
  async seek(n) {
    this.frame = this.#clamp(n);
    this.#say("seek");
    if (this.#shuttle > 0) {
      this.reel.jump(this.frame);
      return;
    }
    await this.reel.show(this.frame);
    this.#say("frame");
  }

  step(by) {
    return this.goTo(this.frame + by);
  }

  /** Stops on a frame, wherever it was. */
  goTo(n) {
    const wasPaused = this.paused;
    if (!wasPaused) this.#stop();
    const landed = this.seek(n);
    if (!wasPaused) landed.then(() => this.paused && this.#say("pause"));
    return landed;
  }

  toggle() {
    return this.paused ? this.play() : this.pause();
  }

  play() {
    if (this.frames > 0) this.#start(1);
  }

  /** J and L: the other way starts at one, the same way again is faster. */
  shuttleTo(direction) {
    if (this.frames === 0) return;
    const same = Math.sign(this.#shuttle) === direction;
    const at = same ? SHUTTLES.indexOf(Math.abs(this.#shuttle)) + 1 : 0;
    this.#start(direction * SHUTTLES[Math.min(at, SHUTTLES.length - 1)]);
  }

  /** Resolves when the frame it stopped on is on the screen. */
  async pause() {
    if (this.paused) return;
    await this.reel.show(this.#stop());
    if (!this.paused) return;
    this.#say("frame");
    this.#say("pause");
  }

  /** After the reel was given something else to play. */
  reset(frame = 0) {
    this.#stop();
    this.#range = null;
    this.frame = this.#clamp(frame);
    this.#changed();
  }

  /** After the reel became longer or shorter under the playhead. */
  reelChanged(frame) {
    this.frame = this.#clamp(frame);
    this.range = this.#range;
  }

  #clamp(n) {
    return Math.max(0, Math.min(Math.max(0, this.frames - 1), Math.round(n)));
  }

  #ordered(one, other) {
    return { in: Math.min(one, other), out: Math.max(one, other) };
  }

  #start(shuttle) {
    const wasPaused = this.paused;
    this.#shuttle = shuttle;
    this.#run += 1;
    if (shuttle > 0) this.#runForward();
    else this.#runBackward(this.#run);
    this.#changed();
    if (wasPaused) this.#say("play");
  }

  #stop() {
    this.#run += 1;
    this.#shuttle = 0;
    this.reel.halt();
    this.#changed();
    return this.frame;
  }

  #runForward() {
    const inside = this.frame >= this.first && this.frame < this.last;
    if (!inside) this.frame = this.first;
    this.reel.until = this.last;
    this.reel.run(this.#shuttle * this.speed, this.frame);
  }

  /** Browsers cannot play backwards, so each frame is a seek on a clock. At single speed no frame is left out. */
  async #runBackward(run) {
    this.reel.halt();
    const frameMs = this.#frameMs();
    let due = performance.now();
    while (run === this.#run) {
      const behind = Math.floor((performance.now() - due) / frameMs);
      if (behind > MOST_BEHIND) due = performance.now();
      const by = this.#shuttle === -1 ? 1 : 1 + Math.max(0, behind);
      const target = this.#before(by);
      if (target === null) return this.#finish();
      await this.reel.show(target);
      if (run !== this.#run) return undefined;
      this.frame = target;
      this.#say("frame");
      due += frameMs * by;
      await rest(due - performance.now());
    }
    return undefined;
  }

  #before(by) {
    const inside = this.frame > this.first && this.frame <= this.last;
    if (inside) return Math.max(this.first, this.frame - by);
    return this.loop ? this.last : null;
  }

  #frameMs() {
    return 1000 / (fps(this.rate) * Math.abs(this.#shuttle) * this.speed);
  }

  #presented(n) {
    if (this.#shuttle <= 0) return;
    this.frame = n;
    this.#say("frame");
  }

  #reachedEnd() {
    if (this.#shuttle <= 0) return;
    this.#say("end");
    if (!this.loop) {
      this.frame = this.last;
      this.#finish();
      return;
    }
    this.frame = this.first;
    this.reel.jump(this.first);
  }

  #finish() {
    return this.pause();
  }

  #changed() {
    this.#say("change");
  }

  #say(what) {
    this.dispatchEvent(new CustomEvent(what, { detail: { frame: this.frame, paused: this.paused } }));
  }
}

function rest(ms) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
