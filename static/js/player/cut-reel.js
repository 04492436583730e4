import { fps } from "../timecode.js";
import { clips } from "./clips.js";
import { Latest } from "./latest.js";

/** @import { Rate } from "../timecode.js" */
/** @import { CutClock } from "./clock.js" */
/** @import { Deck, Item } from "./deck.js" */

/** Clips fetched ahead of the playhead, besides the one in the other deck. */
const FETCH_AHEAD = 3;

/** A list of shots played as one, by the frame of the whole; a `Reel` for the transport. */
export class CutReel {
  /** @type {(n: number) => void} */
  onframe = () => {};
  onend = () => {};
  /** Called when another shot is on the screen. @type {(item: Item, index: number) => void} */
  onshot = () => {};
  /** @type {Item[]} */
  items = [];
  starts = [];
  frames = 0;
  /** The last frame to show while running. */
  until = Infinity;
  #index = -1;
  #frame = 0;
  #speed = 0;
  #beat = 0;
  #starts = 0;
  #starting = false;
  #seeks = new Latest((n) => this.#land(n));

  /**
   * @param {[Deck, Deck]} decks
   * @param {CutClock} clock
   * @param {Rate} rate
   */
  constructor(decks, clock, rate) {
    /** Seen; the other gets the next shot ready. */
    this.front = decks[0];
    this.back = decks[1];
    this.clock = clock;
    this.rate = rate;
  }

  /** @returns {Item | undefined} */
  get item() {
    return this.items[this.#index];
  }

  /**
   * Other shots in place of these, at any time; a shot that shows the same keeps its picture. Returns the frame the
   * playhead is on now: the same frame of the same shot, as far as it is still there.
   * @param {Item[]} items
   */
  replace(items) {
    const local = this.#local(this.#frame, this.#index);
    const index = this.#placeOf(this.item, items);
    for (const deck of [this.front, this.back]) keepDeck(deck, items);
    this.#lay(items);
    const frame = items.length === 0 ? 0 : this.starts[index] + Math.min(local, items[index].frames - 1);
    if (this.#speed > 0) this.clock.shift((frame - this.#frame) / fps(this.rate));
    this.#frame = frame;
    this.#index = index;
    if (this.item) this.onshot(this.item, index);
    return frame;
  }

  show(n) {
    return this.#seeks.ask(n);
  }

  run(speed, n) {
    this.#seeks.forget();
    this.#speed = speed;
    this.#frame = n;
    cancelAnimationFrame(this.#beat);
    this.jump(n);
    this.#getReady(this.#indexAt(n) + 1);
    this.#beat = requestAnimationFrame(() => this.#tick());
  }

  /** The picture waits for the sound, which takes a moment to start. */
  async jump(n) {
    this.#frame = n;
    const start = (this.#starts += 1);
    this.#starting = true;
    this.front.halt();
    await this.clock.start(n / fps(this.rate), this.#speed);
    if (start !== this.#starts) return;
    this.#starting = false;
    const index = this.#indexAt(n);
    const local = this.#local(n, index);
    if (this.front.item === this.items[index]) this.front.run(this.#speed, local);
    else this.#cutTo(index, local);
  }

  halt() {
    this.#speed = 0;
    this.#starts += 1;
    this.#starting = false;
    cancelAnimationFrame(this.#beat);
    this.clock.stop();
    this.front.halt();
    this.back.halt();
  }

  #tick() {
    if (this.#speed === 0) return;
    this.#beat = requestAnimationFrame(() => this.#tick());
    if (this.#starting) return;
    const n = Math.floor(this.clock.seconds * fps(this.rate) + 1e-6);
    if (n > this.until) this.onend();
    else this.#playFrame(n);
  }

  #playFrame(n) {
    const index = this.#indexAt(n);
    const local = this.#local(n, index);
    const item = this.items[index];
    if (this.front.item === item) this.front.follow(local);
    else if (index !== this.#index || (this.back.item === item && this.back.ready)) this.#cutTo(index, local);
    else this.back.prepare(item, local);
    if (n === this.#frame) return;
    this.#frame = n;
    this.onframe(n);
  }

  /** The other deck has the shot ready, or shows what stands in for it until it has. */
  #cutTo(index, local) {
    this.back.prepare(this.items[index], local);
    this.back.run(this.#speed, local);
    this.#swap(index);
    this.back.halt();
    this.#getReady(index + 1);
  }

  async #land(n) {
    const index = this.#indexAt(n);
    const item = this.items[index];
    if (!item) return;
    const backward = n < this.#frame;
    const local = this.#local(n, index);
    const deck = this.front.item === item ? this.front : this.back;
    deck.prepare(item, local);
    await deck.show(local);
    if (this.#speed > 0 || this.items[index] !== item) return;
    this.#frame = n;
    if (deck !== this.front) this.#swap(index);
    else if (index !== this.#index) this.#at(index);
    this.#getReady(backward ? index - 1 : index + 1);
  }

  #swap(index) {
    [this.front, this.back] = [this.back, this.front];
    this.front.element.dataset.front = "yes";
    this.back.element.dataset.front = "no";
    this.#at(index);
  }

  #at(index) {
    this.#index = index;
    this.onshot(this.items[index], index);
  }

  /** After the last shot comes the first, for the loop. */
  #getReady(index) {
    const count = this.items.length;
    const next = this.items[(index + count) % count];
    if (next !== this.front.item) this.back.prepare(next);
    for (const item of this.items.slice(index + 1, index + 1 + FETCH_AHEAD)) {
      if (item.kind === "clip") clips.prefetch(item.src);
    }
  }

  #lay(items) {
    this.items = items;
    this.starts = [];
    this.frames = 0;
    for (const { frames } of items) {
      this.starts.push(this.frames);
      this.frames += frames;
    }
  }

  #indexAt(n) {
    let index = this.starts.findLastIndex((start) => start <= n);
    while (index > 0 && this.items[index].frames === 0) index -= 1;
    return index;
  }

  #local(n, index) {
    return Math.max(0, n - (this.starts[index] ?? 0));
  }

  #placeOf(item, items) {
    const same = items.findIndex(({ key }) => key === item?.key);
    return same >= 0 ? same : Math.max(0, Math.min(this.#index, items.length - 1));
  }
}

/** A deck goes on with the same shot under its new words; a shot that shows something else is filled anew. */
function keepDeck(deck, items) {
  const same = deck.item && items.find((item) => item.key === deck.item.key && showing(item) === showing(deck.item));
  if (same) deck.adopt(same);
}

function showing({ kind, src, in_frame: first, rate, source_frames: frames, poster }) {
  return JSON.stringify([kind, src, first, rate, frames, poster]);
}
