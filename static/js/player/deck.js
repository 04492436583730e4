import { fps } from "../timecode.js";
import { clips } from "./clips.js";
import { part } from "./part.js";
import { Picture } from "./picture.js";

/** @import { Rate } from "../timecode.js" */

/** A clip that is this late, in milliseconds, is stood in for by its poster or its card. */
const PATIENCE_MS = 300;
/** Frames a clip may be off before its speed is nudged, and before it is put right. */
const NUDGE_FROM = 2;
const JUMP_FROM = 6;

/**
 * @typedef {{
 *   key: string, frames: number, in_frame: number, kind: "clip" | "image" | "card", src: string, source_frames: number,
 *   rate: Rate, poster: string, code: string, label: string, line: string, dialogue: string,
 * }} Item one shot of a cut; `frames` at the rate of the cut, `in_frame` and `source_frames` at its own
 */

/** One of the two places a cut is shown in: while one is seen, the other gets the next shot ready. */
export class Deck {
  /** @type {Item | null} */
  item = null;
  /** Whether what the item shows is there; a broken clip is ready as its card. */
  ready = false;
  #local = 0;
  #speed = 0;
  #seen = 0;
  #held = null;
  #filling = Promise.resolve();

  /** @param {HTMLElement} element @param {Rate} cutRate */
  constructor(element, cutRate) {
    this.element = element;
    this.cutRate = cutRate;
    this.video = element.querySelector("video");
    this.image = element.querySelector("img");
    this.picture = new Picture(this.video);
    this.picture.onframe = (n) => (this.#seen = n);
  }

  /** Gets an item ready to be seen at a frame of its own; resolves when it is. @param {Item} item */
  prepare(item, local = 0) {
    if (this.item === item) return this.#filling;
    this.halt();
    this.item = item;
    this.ready = false;
    this.#local = local;
    this.#letGo();
    this.#writeCard(item);
    this.#filling = this.#fill(item);
    return this.#filling;
  }

  /** The same shot with other words or another length; the picture stays, or begins to come again. @param {Item} item */
  adopt(item) {
    this.item = item;
    this.#writeCard(item);
    if (this.ready) return;
    this.#letGo();
    this.#filling = this.#fill(item);
  }

  /** Stands still on a frame of the item; resolves when it, or what stands in for it, is on the screen. */
  async show(local) {
    this.halt();
    this.#local = local;
    if (!this.ready) await Promise.race([this.#filling, rest(PATIENCE_MS)]);
    if (this.#face === "clip") await this.picture.show(this.#source(local));
  }

  run(speed, local) {
    this.#speed = speed;
    this.#local = local;
    if (this.#face !== "clip") return;
    this.#seen = this.#source(local);
    this.picture.run(speed, this.#seen);
  }

  /** Keeps a running clip with the clock of the cut. */
  follow(local) {
    this.#local = local;
    if (this.#face !== "clip" || this.video.seeking || this.video.ended) return;
    const off = this.#seen - this.#source(local);
    if (Math.abs(off) >= JUMP_FROM) this.picture.jump(this.#source(local));
    const nudge = Math.abs(off) < NUDGE_FROM ? 1 : 1 - 0.1 * Math.sign(off);
    const rate = this.#speed * nudge;
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
  }

  halt() {
    this.#speed = 0;
    this.picture.halt();
  }

  close() {
    this.item = null;
    this.picture.close();
    this.#letGo();
  }

  get #face() {
    return this.element.dataset.face;
  }

  /** The clip's own frame for a frame of the item; past its end the last one is held. */
  #source(local) {
    const { in_frame: first, rate } = this.item;
    const n = first + Math.floor((local * fps(rate)) / fps(this.cutRate) + 1e-6);
    return Math.min(n, this.picture.frames - 1);
  }

  async #fill(item) {
    this.element.dataset.face = "card";
    try {
      await this.#fillFace(item);
    } catch {
      if (this.item === item) this.#standIn("This clip could not be played.");
    }
    if (this.item === item) this.ready = true;
  }

  async #fillFace(item) {
    const still = item.kind === "image" ? item.src : item.poster;
    if (still) await this.#fillImage(item, still).catch((error) => {
      if (item.kind === "image") throw error;
    });
    if (item.kind === "clip") await this.#fillClip(item);
  }

  async #fillImage(item, src) {
    this.image.src = src;
    await this.image.decode();
    if (this.item === item) this.element.dataset.face = "image";
  }

  async #fillClip(item) {
    const url = await clips.hold(item.src);
    if (this.item !== item) {
      clips.release(item.src);
      return;
    }
    this.#held = item.src;
    await this.picture.open(url, item.rate, item.source_frames || 1);
    if (this.item !== item) return;
    this.picture.frames = item.source_frames || Math.round(this.video.duration * fps(item.rate));
    await this.picture.show(this.#source(this.#local));
    if (this.item !== item) return;
    this.element.dataset.face = "clip";
    if (this.#speed > 0) this.run(this.#speed, this.#local);
    else await this.picture.show(this.#source(this.#local));
  }

  #letGo() {
    if (this.#held) clips.release(this.#held);
    this.#held = null;
  }

  #writeCard({ code, line, dialogue }) {
    this.#write("code", code);
    this.#write("line", line);
    this.#write("dialogue", dialogue.trim() === line ? "" : dialogue);
    this.#write("trouble", "");
  }

  #standIn(trouble) {
    this.element.dataset.face = "card";
    this.#write("trouble", trouble);
  }

  #write(name, text) {
    part(this.element, name).textContent = text ?? "";
  }
}

function rest(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
