/**
 * The cards on the page kept as the server has them: what an event names is fetched, many at once in one request, and
 * put into the card that is there, so that focus, selection, hover and what somebody writes stay.
 */

import { fetchHtml } from "../patch.js";
import { doing, inWords, showBlob } from "../queue.js";

const GATHER_MS = 120;
const TRY_AGAIN_MS = 2000;
const LINE_GATHER_MS = 500;
const MOST_AT_ONCE = 200;
const REORDERS = /^(?:shot\.(?:inserted|duplicated|split|moved|omitted|restored|trimmed|revised)|scene\.|draft\.|shots\.)/;
const TURNS_THE_LINE = /^(?:takes?|line|budget)\./;
const KEPT_ATTRIBUTES = ["data-is", "data-who", "aria-label"];

export class Grid extends EventTarget {
  #changed = new Set();
  #later = 0;
  #fetched = Promise.resolve();
  #orderStale = false;
  #lineTimer = 0;

  /** @param {HTMLElement} element */
  constructor(element) {
    super();
    this.element = element;
    this.base = `/p/${document.body.dataset.project}`;
    document.addEventListener("live:event", ({ detail }) => this.#heard(detail));
    document.addEventListener("live:progress", ({ detail }) => detail.forEach((step) => this.#advance(step)));
    document.addEventListener("live:preview", ({ detail }) => this.#preview(detail));
    document.addEventListener("live:reload", ({ detail }) => this.#replace(detail.page));
    document.addEventListener("presence:changed", () => this.#drawPeople());
    this.#askPlaces();
  }

  card(shot) {
    return document.getElementById(`shot-${shot}`);
  }

  /** Fetches these cards, and the order when it may have changed; resolves when they are drawn. */
  async sync(shots, { order = false } = {}) {
    for (const shot of shots) this.#changed.add(Number(shot));
    this.#orderStale ||= order;
    await this.#fetchNext();
  }

  /** One fetch behind the other; each takes all that is known to be old by then. */
  #fetchNext() {
    clearTimeout(this.#later);
    this.#later = 0;
    this.#fetched = this.#fetched.then(() => this.#fetch());
    return this.#fetched;
  }

  #fetchSoon(wait = GATHER_MS) {
    this.#later ||= setTimeout(() => this.#fetchNext(), wait);
  }

  #heard({ kind, shot }) {
    if (TURNS_THE_LINE.test(kind)) this.#askPlaces();
    if (REORDERS.test(kind)) this.#orderStale = true;
    if (kind === "shots.renumbered" || kind === "project.resized") this.#cards().forEach((card) => this.#changed.add(idOf(card)));
    if (shot) this.#changed.add(shot);
    if (this.#orderStale || this.#changed.size) this.#fetchSoon();
  }

  async #fetch() {
    if (!this.#orderStale && !this.#changed.size) return;
    const order = this.#orderStale;
    const wanted = new Set(this.#changed);
    this.#orderStale = false;
    this.#changed.clear();
    try {
      const scenes = order ? await this.#order() : null;
      for (const shot of scenes?.flatMap((scene) => scene.shots) ?? []) if (!this.card(shot)) wanted.add(shot);
      const fresh = await this.#cardsOf([...wanted]);
      if (scenes && scenes.some(({ scene }) => !document.getElementById(`scene-${scene}`))) return void (await this.#redraw());
      for (const card of fresh) this.#put(card);
      if (scenes) this.#arrange(scenes, fresh);
      this.#drawPeople();
      this.dispatchEvent(new CustomEvent("drawn", { detail: { shots: wanted, order } }));
      if (this.element.querySelector("[data-queued]")) this.#askPlaces();
    } catch {
      for (const shot of wanted) this.#changed.add(shot);
      this.#orderStale ||= order;
      this.#fetchSoon(TRY_AGAIN_MS);
    }
  }

  async #order() {
    const answer = await fetch(`${this.base}/order/`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`order: ${answer.status}`);
    return (await answer.json()).scenes;
  }

  async #cardsOf(shots) {
    const cards = [];
    for (let at = 0; at < shots.length; at += MOST_AT_ONCE) {
      const template = document.createElement("template");
      template.innerHTML = await fetchHtml(`${this.base}/cards/?shots=${shots.slice(at, at + MOST_AT_ONCE).join(",")}`);
      cards.push(...template.content.querySelectorAll(".card"));
    }
    return cards;
  }

  #put(fresh) {
    const old = document.getElementById(fresh.id);
    if (!old) return;
    if (old.classList.contains("is-editing")) return void (old.dataset.stale = "1");
    patch(old, fresh);
  }

  #arrange(scenes, fresh) {
    const news = new Map(fresh.map((card) => [card.id, card]));
    const standing = new Set();
    for (const { scene, shots, count, frames } of scenes) {
      const home = document.getElementById(`scene-${scene}`);
      let at = home.querySelector(".scene-head");
      for (const shot of shots) {
        const card = this.card(shot) ?? news.get(`shot-${shot}`);
        if (!card) continue;
        standing.add(card.id);
        if (at.nextElementSibling !== card) insertBehind(at, card);
        at = card;
      }
      const text = `${count} · ${clock(frames, this.element.dataset.rate)}`;
      const sum = home.querySelector(".scene-sum");
      if (sum.textContent !== text) sum.textContent = text;
      const rail = document.querySelector(`#scene-list a[href$="#scene-${scene}"] .scene-count`);
      if (rail) rail.textContent = String(count);
    }
    for (const card of this.#cards()) if (!standing.has(card.id)) card.remove();
    const shots = scenes.reduce((sum, scene) => sum + scene.count, 0);
    const frames = scenes.reduce((sum, scene) => sum + scene.frames, 0);
    const total = document.getElementById("board-sum");
    if (total) total.textContent = `${shots} shot${shots === 1 ? "" : "s"} · ${clock(frames, this.element.dataset.rate)}`;
  }

  /** A scene came or went: the whole page is fetched and its cards are taken over. */
  async #redraw() {
    const page = new DOMParser().parseFromString(await fetchHtml(location.pathname), "text/html");
    this.#replace(page);
  }

  #replace(page) {
    const fresh = page.getElementById("board");
    if (!fresh) return void location.reload();
    const focused = this.element.contains(document.activeElement) ? document.activeElement.closest(".card")?.id : null;
    for (const card of fresh.querySelectorAll(".card")) {
      const old = document.getElementById(card.id);
      if (!old) continue;
      this.#put(card);
      card.replaceWith(old);
    }
    this.element.replaceChildren(...fresh.children);
    for (const id of ["scene-list", "board-sum"]) {
      const part = page.getElementById(id);
      if (part) document.getElementById(id)?.replaceWith(part);
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    this.#drawPeople();
    this.dispatchEvent(new CustomEvent("drawn", { detail: { shots: null, order: true } }));
  }

  #advance({ take, shot, done, of, phase, eta }) {
    const work = this.card(shot)?.querySelector(".work");
    if (!work || work.dataset.take !== String(take) || work.hasAttribute("data-queued")) return;
    const bar = work.querySelector("progress");
    if (bar.max !== of) bar.max = of || 1;
    bar.value = done;
    say(work.querySelector("[data-step]"), doing(phase, done, of));
    say(work.querySelector("[data-eta]"), eta == null || done === of ? "" : inWords(eta));
  }

  #preview({ take, blob }) {
    const work = this.element.querySelector(`.work[data-take="${take}"]`);
    if (!work) return;
    let picture = work.parentElement.querySelector(".preview");
    if (!picture) {
      picture = document.createElement("img");
      picture.className = "preview";
      picture.alt = "";
      picture.dataset.take = String(take);
      work.before(picture);
    }
    showBlob(picture, blob);
  }

  #askPlaces() {
    this.#lineTimer ||= setTimeout(async () => {
      this.#lineTimer = 0;
      if (!this.element.querySelector("[data-queued]")) return;
      try {
        const answer = await fetch(`${this.base}/line/`, { headers: { Accept: "application/json" } });
        this.#drawPlaces(await answer.json());
      } catch {
        // Places are asked again when the line moves.
      }
    }, LINE_GATHER_MS);
  }

  #drawPlaces({ places, aside }) {
    for (const work of this.element.querySelectorAll("[data-queued]")) {
      const why = aside[work.dataset.queued];
      work.querySelector(".state").className = `state is-${why ? "paused" : "queued"}`;
      if (why) {
        say(work.querySelector("[data-step]"), why);
        say(work.querySelector("[data-eta]"), "");
        continue;
      }
      const [number, wait] = places[work.dataset.queued] ?? [];
      if (!number) continue;
      say(work.querySelector("[data-step]"), `Queued #${number}`);
      say(work.querySelector("[data-eta]"), number === 1 ? "next" : wait ? `in ${wait}` : "");
    }
  }

  #drawPeople() {
    for (const old of this.element.querySelectorAll(".here")) old.remove();
    const me = document.body.dataset.user;
    for (const person of document.querySelectorAll("#presence [data-shots]")) {
      if (person.dataset.user === me) continue;
      for (const shot of person.dataset.shots.split(" ")) this.#drawPerson(person, shot);
    }
  }

  #drawPerson(person, shot) {
    const picture = this.card(shot)?.querySelector(".pic");
    if (!picture) return;
    let place = picture.querySelector(".here");
    if (!place) {
      place = document.createElement("span");
      place.className = "here";
      picture.append(place);
    }
    const face = person.cloneNode(true);
    face.classList.add("is-small");
    place.append(face);
  }

  #cards() {
    return this.element.querySelectorAll(".card");
  }
}

/** How many frames a card lasts in the cut. */
export function framesOf(card) {
  return Number.parseInt(card.querySelector(".top i").textContent, 10);
}

export function codeOf(card) {
  return card.querySelector(".top a").textContent;
}

export function idOf(card) {
  return Number(card.id.slice(5));
}

/** Minutes and seconds. @param {number} frames @param {string} rate numerator and denominator */
export function clock(frames, rate) {
  const [num, den] = rate.split(" ").map(Number);
  const seconds = Math.round((frames * den) / num);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Makes `old` say what `fresh` says, keeping the cell itself and a picture that is the same or still loading. */
export function patch(old, fresh) {
  for (const name of KEPT_ATTRIBUTES) {
    if (fresh.hasAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
    else old.removeAttribute(name);
  }
  delete old.dataset.stale;
  const linked = old.contains(document.activeElement) && document.activeElement !== old;
  const oldPicture = old.querySelector(".pic");
  const newPicture = fresh.querySelector(".pic");
  const image = oldPicture.querySelector(":scope > img:not(.preview)");
  const wanted = newPicture.querySelector(":scope > img");
  if (image && wanted) {
    if (image.getAttribute("src") !== wanted.getAttribute("src")) image.src = wanted.getAttribute("src");
    wanted.replaceWith(image);
  }
  const work = newPicture.querySelector(".work[data-take]:not([data-queued])");
  const preview = oldPicture.querySelector(".preview");
  if (work && preview?.dataset.take === work.dataset.take) work.before(preview);
  old.replaceChildren(...fresh.childNodes);
  if (linked) old.querySelector("a")?.focus({ preventScroll: true });
}

function insertBehind(at, card) {
  const next = at.nextSibling;
  if (card.isConnected && at.parentElement.moveBefore) at.parentElement.moveBefore(card, next);
  else at.parentElement.insertBefore(card, next);
}

function say(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}
