/** The sound may be off by this much, in seconds, before it is put right instead of followed. */
const LOST = 0.5;
/** How much of the difference to the sound is taken up at each look. */
const SLEW = 0.08;
const SOUND_PATIENCE_MS = 400;

/** Seconds into the cut. Where a sound runs it leads: ears notice what eyes forgive. Else the computer's clock does. */
export class CutClock {
  #from = 0;
  #since = null;
  #speed = 1;
  #starts = 0;

  /** @param {HTMLAudioElement | null} sound @param {number} [offset] seconds into the sound where the cut begins */
  constructor(sound, offset = 0) {
    this.sound = sound;
    this.offset = offset;
  }

  async start(seconds, speed) {
    const start = (this.#starts += 1);
    this.#from = seconds;
    this.#speed = speed;
    this.#since = null;
    await this.#startSound(seconds, speed);
    if (start === this.#starts) this.#since = performance.now();
  }

  stop() {
    this.#starts += 1;
    this.#from = this.seconds;
    this.#since = null;
    this.sound?.pause();
  }

  /** Moves the clock and not the sound: the cut under it became another. */
  shift(seconds) {
    this.#from += seconds;
    if (this.sound && !this.sound.paused) this.sound.currentTime = Math.max(0, this.#now() + this.offset);
  }

  get seconds() {
    this.#follow();
    return this.#now();
  }

  #now() {
    if (this.#since === null) return this.#from;
    return this.#from + ((performance.now() - this.#since) / 1000) * this.#speed;
  }

  #follow() {
    const { sound } = this;
    const runs = sound && this.#since !== null && !sound.paused && !sound.ended && !sound.seeking;
    if (!runs) return;
    const ahead = sound.currentTime - this.offset - this.#now();
    if (Math.abs(ahead) > LOST) sound.currentTime = this.#now() + this.offset;
    else this.#from += ahead * SLEW;
  }

  async #startSound(seconds, speed) {
    const { sound } = this;
    const at = seconds + this.offset;
    if (!sound?.src || at < 0 || at >= sound.duration) return;
    sound.currentTime = at;
    sound.playbackRate = speed;
    const running = new Promise((resolve) => sound.addEventListener("playing", resolve, { once: true }));
    const enough = new Promise((resolve) => setTimeout(resolve, SOUND_PATIENCE_MS));
    sound.play().catch(() => {});
    await Promise.race([running, enough]);
  }
}
