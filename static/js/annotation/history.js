/** @import { Stroke } from "./strokes.js" */

/** Strokes with undo and redo. Every state is its own list; a stroke is never changed once it is in one. */
export class History {
  #past = [[]];
  #at = 0;

  /** @returns {Stroke[]} */
  get strokes() {
    return this.#past[this.#at];
  }

  become(strokes) {
    this.#past = [...this.#past.slice(0, this.#at + 1), strokes];
    this.#at += 1;
  }

  restart(strokes = []) {
    this.#past = [strokes];
    this.#at = 0;
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#past.length - 1;
  }

  undo() {
    if (this.canUndo) this.#at -= 1;
  }

  redo() {
    if (this.canRedo) this.#at += 1;
  }
}
