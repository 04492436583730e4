import { doing } from "./queue.js";
import { announce, toast } from "./toast.js";
import { fetchHtml, send } from "./patch.js";

const SORTS = {
  oldest: (a, b) => numberOf(a) - numberOf(b),
  newest: (a, b) => numberOf(b) - numberOf(a),
  circled: (a, b) => circlesOf(b) - circlesOf(a) || numberOf(a) - numberOf(b),
};
const FILTERS = {
  all: () => true,
  circled: (card) => card.classList.contains("is-circled"),
  kept: (card) => !card.classList.contains("is-rejected"),
};

/**
 * `<ct-take-strip>`: the takes of one shot. Markup: templates/take/_strip.html and _card.html.
 *
 * Follows the log, and changes only the cards that are different, so that nothing under the pointer or the focus is
 * drawn anew for nothing. Says `strip:choose` (a card was pressed), `strip:drawn` (after every change of cards) and
 * `strip:deed` (a button on a card, detail `{deed, card}`).
 */
export class TakeStrip extends HTMLElement {
  /** The take in the viewer, by id. */
  shown = "";
  #pending = new Set();
  #fetching = false;
  #again = false;
  #markups = new Map();
  #previews = new Map();
  #filter = "all";

  connectedCallback() {
    this.#remember(this.list);
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("pointermove", (event) => this.#scrub(event));
    this.addEventListener("pointerout", (event) => this.#endScrub(event));
    this.querySelector("[data-part=sort]").addEventListener("change", () => this.#arrange());
    this.listening = new AbortController();
    const { signal } = this.listening;
    document.addEventListener("live:event", ({ detail }) => detail.shot === this.shot && this.refresh(), { signal });
    document.addEventListener("live:reload", () => this.refresh(), { signal });
    document.addEventListener("live:progress", ({ detail }) => this.#progress(detail), { signal });
    document.addEventListener("live:preview", ({ detail }) => this.#preview(detail), { signal });
    this.#arrange();
  }

  disconnectedCallback() {
    this.listening.abort();
  }

  get shot() {
    return Number(this.dataset.shot);
  }

  get list() {
    return this.querySelector("[data-part=list]");
  }

  /** @returns {HTMLElement[]} in the order they are shown, hidden ones left out */
  get cards() {
    return [...this.querySelectorAll(".take:not([hidden])")];
  }

  /** @returns {HTMLElement | null} */
  card(take) {
    return this.querySelector(`.take[data-take="${take}"]`);
  }

  numbered(number) {
    return this.querySelector(`.take[data-number="${number}"]`);
  }

  /** Marks the card whose take is in the viewer; scrolls to it only where that is another than before. */
  mark(take) {
    const another = this.shown !== String(take);
    for (const card of this.querySelectorAll(".take")) {
      const shown = card.dataset.take === String(take);
      card.classList.toggle("is-shown", shown);
      const button = card.querySelector(".take-show");
      if (shown) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      if (shown && another) card.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    this.shown = String(take);
  }

  /** The newest answer wins; asking while one is on its way asks once more after it. */
  async refresh() {
    if (this.#fetching) {
      this.#again = true;
      return;
    }
    this.#fetching = true;
    try {
      this.#take(await fetchHtml(this.dataset.url));
    } catch {
      // What is shown stays; the next event or reconnection fetches again.
    } finally {
      this.#fetching = false;
    }
    if (this.#again) {
      this.#again = false;
      await this.refresh();
    }
  }

  /**
   * Shows `apply` at once, asks the server, and shows the truth again; what the server refused is undone and said.
   * @returns {Promise<boolean>} whether it was done
   */
  async attempt(card, apply, method, url, data) {
    const take = card.dataset.take;
    this.#pending.add(take);
    apply(card);
    this.#say("drawn");
    let done = true;
    try {
      await send(method, url, data);
    } catch (error) {
      done = false;
      toast(error.message, { error: true });
    }
    this.#pending.delete(take);
    if (!done) this.#putBack(take);
    await this.refresh();
    return done;
  }

  #putBack(take) {
    const card = this.card(take);
    const markup = this.#markups.get(take);
    if (card && markup) this.#replace(card, parse(markup));
    this.#say("drawn");
  }

  #take(html) {
    const fresh = parse(html);
    const place = this.list;
    const strip = place.querySelector(".strip");
    const wanted = [...fresh.querySelectorAll(".take")];
    const ids = new Set(wanted.map((card) => card.dataset.take));
    for (const card of [...strip.children]) if (!ids.has(card.dataset.take)) card.remove();
    for (const card of wanted) this.#place(strip, card);
    for (const part of [".strip-empty", ".strip-trash"]) swapPart(place, fresh, part);
    this.#arrange();
    this.#say("drawn");
  }

  #place(strip, card) {
    const { take } = card.dataset;
    const markup = card.outerHTML;
    const old = this.card(take);
    if (!old) {
      strip.append(card);
      announce(`Take ${card.dataset.number} is in the strip`);
    } else if (this.#markups.get(take) !== markup && !this.#pending.has(take)) {
      this.#tellChange(old, card);
      this.#replace(old, card);
    }
    this.#markups.set(take, markup);
  }

  #tellChange(old, card) {
    if (old.dataset.status === card.dataset.status) return;
    if (card.dataset.status === "finished") announce(`Take ${card.dataset.number} is ready`);
    if (card.dataset.status === "failed") announce(`Take ${card.dataset.number} failed`);
  }

  #replace(old, card) {
    const focused = old.contains(document.activeElement) && selectorOf(document.activeElement);
    const picture = old.querySelector(".take-picture > img:not(.take-preview)");
    const samePicture = picture?.src && card.querySelector(`.take-picture > img[src="${picture.getAttribute("src")}"]`);
    if (samePicture) samePicture.replaceWith(picture);
    old.replaceWith(card);
    if (this.shown === card.dataset.take) this.mark(this.shown);
    if (focused) card.querySelector(focused)?.focus({ preventScroll: true });
    const preview = this.#previews.get(card.dataset.take);
    if (preview) showPreview(card, preview);
    if (card.dataset.status !== "running") this.#dropPreview(card.dataset.take);
  }

  #remember(place) {
    for (const card of place.querySelectorAll(".take")) this.#markups.set(card.dataset.take, card.outerHTML);
  }

  /** Filter and order change what is shown, not what is there. */
  #arrange() {
    const strip = this.list.querySelector(".strip");
    const cards = [...strip.querySelectorAll(".take")];
    const sorted = [...cards].sort(SORTS[this.querySelector("[data-part=sort]").value]);
    if (sorted.some((card, index) => card !== cards[index])) strip.append(...sorted);
    for (const card of cards) card.hidden = !FILTERS[this.#filter](card);
    const shown = cards.filter((card) => !card.hidden).length;
    const circled = cards.filter(FILTERS.circled).length;
    const all = cards.length ? `${cards.length} take${cards.length === 1 ? "" : "s"}, ${circled} circled` : "";
    this.querySelector("[data-part=tally]").textContent = shown === cards.length ? all : `${shown} of ${all}`;
  }

  #clicked(event) {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button) return;
    const card = button.closest(".take");
    if (button.dataset.filter) this.#choose(button);
    else if (button.dataset.restore) this.#restore(button);
    else if (button.dataset.cardDeed) this.#say("deed", { deed: button.dataset.cardDeed, card });
    else if (card) this.#say("choose", { card });
  }

  #choose(button) {
    this.#filter = button.dataset.filter;
    for (const each of this.querySelectorAll("[data-filter]")) each.setAttribute("aria-pressed", String(each === button));
    this.#arrange();
  }

  async #restore(button) {
    button.disabled = true;
    try {
      await send("POST", `/takes/${button.dataset.restore}/restoration/`);
    } catch (error) {
      toast(error.message, { error: true });
    }
    await this.refresh();
  }

  /** The tile under the pointer out of the row of tiles; the picture itself is never touched. */
  #scrub(event) {
    const picture = event.target instanceof Element && event.target.closest(".take-picture");
    const card = picture && picture.closest(".take");
    if (!card?.dataset.strip || event.pointerType === "touch") return;
    const { left, width } = picture.getBoundingClientRect();
    const tiles = Number(card.dataset.tiles);
    const tile = Math.max(0, Math.min(tiles - 1, Math.floor(((event.clientX - left) / width) * tiles)));
    const scrub = picture.querySelector(".take-scrub");
    scrub.style.backgroundImage = `url("${card.dataset.strip}")`;
    scrub.style.backgroundSize = `${tiles * 100}% 100%`;
    scrub.style.backgroundPositionX = tiles > 1 ? `${(tile / (tiles - 1)) * 100}%` : "0";
  }

  #endScrub(event) {
    const picture = event.target instanceof Element && event.target.closest(".take-picture");
    if (picture && !picture.contains(event.relatedTarget)) picture.querySelector(".take-scrub").style.backgroundImage = "";
  }

  #progress(list) {
    for (const { take, done, of, phase, eta } of list) {
      const card = take && this.card(take);
      if (!card || card.dataset.status !== "running") continue;
      const bar = card.querySelector("progress");
      if (bar) bar.value = of ? (100 * done) / of : 0;
      put(card, "doing", doing(phase, done, of));
      put(card, "eta", eta === null || done >= of ? "" : lastsText(eta));
    }
  }

  #preview({ take, blob }) {
    const card = this.card(take);
    if (!card || card.dataset.status !== "running") return;
    const url = URL.createObjectURL(blob);
    this.#dropPreview(String(take));
    this.#previews.set(String(take), url);
    showPreview(card, url);
    this.#say("preview", { take: String(take), url });
  }

  #dropPreview(take) {
    const old = this.#previews.get(take);
    this.#previews.delete(take);
    // The picture may still be on the screen for this frame.
    if (old) setTimeout(() => URL.revokeObjectURL(old), 1000);
  }

  /** What the first line of a card says, in one sentence. */
  wordsOf(card) {
    const parts = [...(card.querySelector(".take-line")?.children ?? [])].map((part) => part.textContent.trim());
    return parts.filter(Boolean).join(", ");
  }

  preview(take) {
    return this.#previews.get(String(take)) ?? "";
  }

  #say(what, detail = {}) {
    this.dispatchEvent(new CustomEvent(`strip:${what}`, { bubbles: true, detail }));
  }
}

function numberOf(card) {
  return Number(card.dataset.number);
}

function circlesOf(card) {
  return Number(card.dataset.circles) + (card.classList.contains("is-in-cut") ? 0.5 : 0);
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function swapPart(place, fresh, part) {
  const old = place.querySelector(part);
  const now = fresh.querySelector(part);
  if (old?.outerHTML === now?.outerHTML) return;
  if (old?.matches("[open]")) now?.setAttribute("open", "");
  old?.remove();
  if (now) place.append(now);
}

function selectorOf(element) {
  const { cardDeed } = element.dataset;
  return cardDeed ? `[data-card-deed="${cardDeed}"]` : "[data-show]";
}

function showPreview(card, url) {
  const image = card.querySelector(".take-preview");
  if (!image) return;
  image.src = url;
  image.hidden = false;
}

function lastsText(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s left` : `${Math.round(seconds / 60)} min left`;
}

function put(card, part, text) {
  const place = card.querySelector(`[data-part=${part}]`);
  if (place && place.textContent !== text) place.textContent = text;
}

customElements.define("ct-take-strip", TakeStrip);
