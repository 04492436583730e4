import { buttonFor } from "./part.js";
import { remember, remembered } from "./settings.js";

const SURROUNDS = ["black", "dark", "grey"];
const SURROUND_NAMES = { black: "black", dark: "dark", grey: "18 % grey" };

/** How the picture sits on the screen and whether it is heard: surround, fit or 1:1, full screen, mute. */
export class View {
  /** @param {HTMLElement} host @param {() => HTMLMediaElement[]} sounding */
  constructor(host, sounding) {
    this.host = host;
    this.sounding = sounding;
    /** @type {HTMLElement} */
    this.picture = host.querySelector(".player-picture");
    this.surround = remembered("surround", "dark");
    this.host.dataset.zoom = "fit";
    document.addEventListener("fullscreenchange", () => this.#draw());
    this.#draw();
  }

  /** The picture's own size in pixels, for its shape and for 1:1. */
  shape(width, height) {
    if (!width || !height) return;
    this.picture.style.setProperty("--aspect", String(width / height));
    this.picture.style.setProperty("--native-width", `${width / window.devicePixelRatio}px`);
  }

  nextSurround() {
    this.surround = SURROUNDS[(SURROUNDS.indexOf(this.surround) + 1) % SURROUNDS.length];
    remember("surround", this.surround);
    this.#draw();
  }

  toggleZoom() {
    this.host.dataset.zoom = this.host.dataset.zoom === "fit" ? "actual" : "fit";
    this.#draw();
  }

  toggleMute() {
    const muted = !this.muted;
    for (const media of this.sounding()) media.muted = muted;
    this.#draw();
  }

  get muted() {
    return this.sounding().some((media) => media.muted);
  }

  async toggleFullscreen() {
    if (document.fullscreenElement === this.host) await document.exitFullscreen();
    else await this.host.requestFullscreen?.();
  }

  #draw() {
    if (!SURROUNDS.includes(this.surround)) this.surround = "dark";
    this.host.dataset.surround = this.surround;
    press(this.host, "zoom", this.host.dataset.zoom === "actual");
    press(this.host, "mute", this.muted);
    press(this.host, "fullscreen", document.fullscreenElement === this.host);
    buttonFor(this.host, "surround").setAttribute("aria-label", `Surround: ${SURROUND_NAMES[this.surround]}`);
  }
}

/** @param {HTMLElement} host @param {string} action @param {boolean} on */
export function press(host, action, on) {
  buttonFor(host, action)?.setAttribute("aria-pressed", String(on));
}
