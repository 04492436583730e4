import { clips } from "./player/clips.js";
import { PlayerElement, rateFrom } from "./player/element.js";
import { part } from "./player/part.js";
import { Picture } from "./player/picture.js";

/** @import { Rate } from "./timecode.js" */

/**
 * `<ct-player>`: one clip, by frame. Markup: templates/player/_player.html. Besides what every player says it says
 * `player:load` when the first picture of a clip is on the screen.
 *
 * @typedef {{src: string, rate: Rate, frames: number, poster?: string, label?: string, frame?: number}} Clip
 */
export class Player extends PlayerElement {
  #clip = null;
  #held = null;
  #loads = 0;

  connectedCallback() {
    if (!this.transport) this.#enhance();
    super.connectedCallback();
    if (!this.#clip && this.dataset.src) this.load(clipFrom(this.dataset));
    else if (!this.#clip) this.dataset.state = "empty";
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#letGo();
  }

  /** The canvas over the picture, for drawings. */
  get overlay() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector(".player-overlay"));
  }

  /**
   * Shows another clip; the old picture stays until the new one has painted. Resolves when it has, or could not.
   * @param {Clip} clip
   */
  async load(clip) {
    const load = (this.#loads += 1);
    this.#clip = clip;
    this.transport.reset(clip.frame);
    this.#keepPicture();
    this.#announce(clip);
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
    this.#letGo();
    this.#held = clip.src;
    await this.picture.open(url, clip.rate, clip.frames);
    this.view.shape(this.picture.video.videoWidth, this.picture.video.videoHeight);
    this.transport.reelChanged(clip.frame ?? 0);
    await this.transport.seek(this.frame);
    if (load !== this.#loads) return;
    this.#hold.hidden = true;
    this.dataset.state = "ready";
    this.say("player:load", { frame: this.frame, paused: this.paused });
  }

  #letGo() {
    if (this.#held) clips.release(this.#held);
    this.#held = null;
  }

  #announce(clip) {
    this.dataset.state = "loading";
    this.dataset.src = clip.src;
    if (clip.label) this.setAttribute("aria-label", `Player, ${clip.label}`);
    if (clip.poster && this.#hold.hidden) this.picture.video.poster = clip.poster;
  }

  #fail(error) {
    this.#hold.hidden = true;
    this.picture.close();
    this.dataset.state = "error";
    part(this, "error-text").textContent = error.message;
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
    this.picture.rate = rateFrom(this.dataset);
    const again = () => void this.load({ ...this.#clip, frame: this.frame });
    const retry = { does: "retry", label: "Try again", run: again };
    this.enhance(this.picture, () => [this.picture.video], () => [retry]);
  }
}

/** @returns {Clip} */
function clipFrom(data) {
  const { src, poster, frames, frame = 0 } = data;
  return { src, poster, rate: rateFrom(data), frames: Number(frames), frame: Number(frame) };
}

customElements.define("ct-player", Player);
