/**
 * Clips as blob URLs, so that seeking does not depend on the server answering byte ranges, and changing between takes
 * already seen needs no network. Keeps the most recent ones; a clip that is held is never thrown away.
 */
const MOST_CLIPS = 12;
const MOST_BYTES = 150 * 1024 * 1024;

class Shelf {
  #clips = new Map();

  /** @param {string} src @returns {Promise<string>} a URL that plays until `release(src)` */
  async hold(src) {
    const clip = this.#clips.get(src) ?? { bytes: 0, holders: 0, url: null };
    clip.url ??= this.#fetch(src, clip);
    clip.holders += 1;
    this.#clips.delete(src);
    this.#clips.set(src, clip);
    try {
      return await clip.url;
    } catch (error) {
      this.#clips.delete(src);
      throw error;
    }
  }

  release(src) {
    const clip = this.#clips.get(src);
    if (clip) clip.holders -= 1;
    this.#trim();
  }

  /** Fetches ahead of need; a failure shows when the clip is wanted. */
  prefetch(src) {
    this.hold(src).then(() => this.release(src), () => {});
  }

  async #fetch(src, clip) {
    const answer = await fetch(src).catch(() => {
      throw new Error("The clip could not be fetched: no answer from the server.");
    });
    if (!answer.ok) throw new Error(`The clip could not be fetched: the server answered ${answer.status}.`);
    if (Number(answer.headers.get("Content-Length")) > MOST_BYTES) {
      await answer.body?.cancel();
      return src;
    }
    const blob = await answer.blob();
    clip.bytes = blob.size;
    return URL.createObjectURL(blob);
  }

  #trim() {
    let bytes = 0;
    for (const clip of this.#clips.values()) bytes += clip.bytes;
    for (const [src, clip] of this.#clips) {
      if (this.#clips.size <= MOST_CLIPS && bytes <= MOST_BYTES) return;
      if (clip.holders > 0) continue;
      this.#clips.delete(src);
      bytes -= clip.bytes;
      clip.url.then((url) => URL.revokeObjectURL(url), () => {});
    }
  }
}

export const clips = new Shelf();
