/** Moving over a card's picture runs through its take by a strip of small pictures; Space plays the strip once. */

import { framesOf } from "./grid.js";

export class Scrubber {
  #shown = null;
  #playing = 0;

  /** @param {HTMLElement} grid */
  constructor(grid) {
    const [width, height] = grid.dataset.size.split(" ").map(Number);
    grid.style.setProperty("--aspect", `${width} / ${height}`);
    this.rate = grid.dataset.rate.split(" ").map(Number);
    this.film = document.createElement("span");
    this.film.className = "scrub";
    grid.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" || event.buttons) return;
      this.#over(event.target.closest?.(".pic[data-strip]"), event.clientX);
    }, { passive: true });
    grid.addEventListener("pointerleave", () => this.stop());
  }

  /** Plays a card's strip at about its own speed. */
  play(card) {
    const picture = card.querySelector(".pic[data-strip]");
    if (!picture || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.#show(picture);
    const lasts = (framesOf(card) * this.rate[1] * 1000) / this.rate[0];
    const began = performance.now();
    const step = (now) => {
      const part = (now - began) / lasts;
      if (part >= 1 || this.#shown !== picture) return this.stop();
      this.#at(part);
      this.#playing = requestAnimationFrame(step);
      return undefined;
    };
    cancelAnimationFrame(this.#playing);
    this.#playing = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.#playing);
    this.#shown = null;
    this.film.remove();
  }

  #over(picture, x) {
    if (!picture) return void (this.#shown && this.stop());
    cancelAnimationFrame(this.#playing);
    if (picture !== this.#shown || !this.film.isConnected) this.#show(picture);
    const box = this.film.getBoundingClientRect();
    this.#at(Math.min(0.999, Math.max(0, (x - box.left) / box.width)));
  }

  #show(picture) {
    this.#shown = picture;
    const tiles = Number(picture.dataset.tiles) || 24;
    this.film.dataset.tiles = String(tiles);
    this.film.style.backgroundImage = `url("${picture.dataset.strip}")`;
    this.film.style.backgroundSize = `${tiles * 100}% 100%`;
    picture.append(this.film);
  }

  #at(part) {
    const tiles = Number(this.film.dataset.tiles);
    const tile = Math.min(tiles - 1, Math.floor(part * tiles));
    this.film.style.backgroundPosition = tiles > 1 ? `${(tile / (tiles - 1)) * 100}% 0` : "0 0";
    this.film.style.setProperty("--at", `${part * this.film.clientWidth}px`);
  }
}
