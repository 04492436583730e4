import { CutClock } from "./player/clock.js";
import { clips } from "./player/clips.js";
import { CutReel } from "./player/cut-reel.js";
import { Deck } from "./player/deck.js";
import { PlayerElement, rateFrom } from "./player/element.js";
import { part } from "./player/part.js";
import { press } from "./player/view.js";
import { fps } from "./timecode.js";

/** @import { Item } from "./player/deck.js" */

/**
 * `<ct-cut-player>`: shots in order as one animatic. Markup: templates/player/_cut_player.html. Its shots stand as JSON
 * in `[data-part=shots]`; another list put there, or given to `update()`, is taken over without a gap. Besides what
 * every player says it says `cut:shot` (detail `{index, item}`) when another shot is on the screen.
 */
export class CutPlayer extends PlayerElement {
  connectedCallback() {
    if (!this.transport) this.#enhance();
    super.connectedCallback();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.reel.front.close();
    this.reel.back.close();
  }

  /** The shot on the screen. */
  get shot() {
    return this.reel.item;
  }

  /** @param {Partial<Item>[]} shots */
  update(shots) {
    const frame = this.reel.replace(shots.map(itemFrom));
    this.transport.reelChanged(frame);
    this.controls.edits = this.reel.starts;
    this.dataset.state = shots.length > 0 ? "ready" : "empty";
    if (this.paused && shots.length > 0) this.transport.seek(frame);
  }

  #enhance() {
    const rate = rateFrom(this.dataset);
    const [one, other] = /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll(".cut-deck"));
    this.sound = this.querySelector("audio");
    /** @type {[Deck, Deck]} */
    const decks = [new Deck(one, rate), new Deck(other, rate)];
    const clock = new CutClock(this.sound, Number(this.dataset.soundOffset ?? 0) / fps(rate));
    this.reel = new CutReel(decks, clock, rate);
    this.reel.onshot = (item, index) => this.#shotShown(item, index);
    this.enhance(this.reel, () => [...decks.map((deck) => deck.video), this.sound], () => this.#actions());
    this.view.shape(Number(this.dataset.width), Number(this.dataset.height));
    this.#loadSound();
    this.#watchShots();
  }

  #actions() {
    const toEdit = (direction) => () => this.controls.toEdit(direction);
    return [
      { does: "edit-previous", keys: "arrowup", label: "Previous shot", repeat: true, run: toEdit(-1) },
      { does: "edit-next", keys: "arrowdown", label: "Next shot", repeat: true, run: toEdit(1) },
      { does: "captions", label: "Dialogue under the picture", run: () => this.#toggleCaptions() },
    ];
  }

  #shotShown(item, index) {
    part(this, "label").textContent = item.label;
    part(this, "caption").textContent = item.dialogue;
    this.say("cut:shot", { index, item });
  }

  #toggleCaptions() {
    const on = this.dataset.captions !== "yes";
    this.dataset.captions = on ? "yes" : "no";
    press(this, "captions", on);
  }

  /** A cut without its sound is still worth watching. */
  async #loadSound() {
    const { sound: src, soundGain = "1" } = this.dataset;
    if (!src) return;
    this.sound.volume = Math.max(0, Math.min(1, Number(soundGain)));
    this.sound.src = await clips.hold(src).catch(() => src);
  }

  #watchShots() {
    const place = part(this, "shots");
    const read = () => {
      const written = place.querySelector("script");
      if (written) this.update(JSON.parse(written.textContent));
    };
    new MutationObserver(read).observe(place, { childList: true });
    read();
  }
}

const BLANK = {
  frames: 0, in_frame: 0, kind: /** @type {const} */ ("card"), src: "", source_frames: 0, poster: "",
  code: "", label: "", line: "", dialogue: "",
};

/** A shot as the server writes it, whose rate is `[num, den]`; `key` tells shots apart, else the code does. */
function itemFrom(shot) {
  const [num, den] = shot.rate ?? [24, 1];
  return { ...BLANK, key: shot.code, ...shot, rate: { num, den } };
}

customElements.define("ct-cut-player", CutPlayer);
