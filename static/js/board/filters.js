/** Which cards are shown: by words, state, scene and character. The choice is in the address, so it can be sent. */

import { fetchHtml } from "../patch.js";
import { codeOf } from "./grid.js";

const ASK_AFTER_MS = 200;

export class Filters {
  #matches = null;
  #timer = 0;

  /** @param {HTMLFormElement} form @param {HTMLElement} grid @param {() => void} drawn called when other cards are shown */
  constructor(form, grid, drawn) {
    this.grid = grid;
    this.drawn = drawn;
    /** @type {(HTMLInputElement | HTMLSelectElement)[]} */
    this.fields = [...form.querySelectorAll("[name]")];
    const asked = new URLSearchParams(location.search);
    for (const field of this.fields) if (asked.has(field.name)) field.value = asked.get(field.name);
    form.addEventListener("input", () => this.#changed());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#focusFirst();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      const field = this.fields.find((each) => each === event.target);
      if (field?.value) field.value = "";
      else this.#focusFirst();
      event.preventDefault();
      this.#changed();
    });
    if (asked.size) this.#changed();
  }

  get isSet() {
    return this.fields.some((field) => field.value);
  }

  focus() {
    this.#field("q").focus();
  }

  clear() {
    for (const field of this.fields) field.value = "";
    this.#changed();
  }

  #field(name) {
    return this.fields.find((field) => field.name === name);
  }

  #value(name) {
    return this.#field(name)?.value.trim() ?? "";
  }

  #changed() {
    const set = this.fields.filter((field) => field.value);
    const address = new URLSearchParams(set.map((field) => [field.name, field.value]));
    history.replaceState(null, "", set.length ? `?${address}` : location.pathname);
    for (const field of this.fields) field.classList.toggle("is-set", Boolean(field.value));
    this.#matches = null;
    this.apply();
    clearTimeout(this.#timer);
    const words = this.#value("q");
    if (words) this.#timer = setTimeout(() => this.#ask(words), ASK_AFTER_MS);
  }

  /** A card shows the beginning of its words; the server knows them all. */
  async #ask(words) {
    try {
      const answer = await fetchHtml(`/p/${document.body.dataset.project}/matches/?q=${encodeURIComponent(words)}`);
      if (words !== this.#value("q")) return;
      this.#matches = new Set(JSON.parse(answer).shots.map((shot) => `shot-${shot}`));
      this.apply();
    } catch {
      // What the cards themselves say still filters.
    }
  }

  /** Shows and hides the cards as the form says. */
  apply() {
    const words = this.#value("q").toLowerCase().split(/\s+/).filter(Boolean);
    const states = this.#value("is").split(" ").filter(Boolean);
    const scene = this.#value("scene");
    const who = this.#value("who");
    let any = false;
    for (const row of this.grid.querySelectorAll(".scene")) {
      let some = false;
      const here = !scene || row.dataset.scene === scene;
      for (const card of row.querySelectorAll(".card")) {
        const shown = here && this.#shows(card, words, states, who);
        if (card.hidden === shown) card.hidden = !shown;
        some ||= shown;
      }
      const hidden = this.isSet && !some;
      if (row.hidden !== hidden) row.hidden = hidden;
      any ||= some;
    }
    document.getElementById("no-match").hidden = any || !this.isSet;
    this.drawn();
  }

  #shows(card, words, states, who) {
    if (states.length && !states.some((state) => ` ${card.dataset.is} `.includes(` ${state} `))) return false;
    if (who && !(card.dataset.who ?? "").split("|").includes(who)) return false;
    if (!words.length || this.#matches?.has(card.id)) return true;
    const code = codeOf(card).toLowerCase();
    const said = [".act", ".say"].map((part) => card.querySelector(part).textContent);
    const text = [...said, card.dataset.who ?? ""].join(" ").toLowerCase();
    return words.every((word) => text.includes(word) || code.startsWith(word));
  }

  #focusFirst() {
    this.grid.querySelector(".scene:not([hidden]) .card:not([hidden])")?.focus();
  }
}
