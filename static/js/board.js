/** The board: keys, pointer, selection and what they do to shots. */

import { Arranger, Undo, named } from "./board/arrange.js";
import { Editor } from "./board/editor.js";
import { startEmptyBoard } from "./board/empty.js";
import { Filters } from "./board/filters.js";
import { Grid, codeOf, framesOf, idOf } from "./board/grid.js";
import { Heights } from "./board/heights.js";
import { Scrubber } from "./board/scrub.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { offer } from "./palette.js";
import { newKey, sendOrSay } from "./patch.js";
import { inWords } from "./queue.js";
import { Selection } from "./select.js";
import { announce, toast } from "./toast.js";

/** A second press within this time is the same intent, not a second asking. */
const ONE_INTENT_MS = 1500;
const TICK = 34;

class Board {
  #intent = null;
  #hereTimer = 0;
  #steps = Promise.resolve();

  constructor(element) {
    this.element = element;
    this.mayEdit = Number(document.body.dataset.role) >= 30;
    this.grid = new Grid(element);
    this.selection = new Selection(element, ".card");
    this.scrubber = new Scrubber(element);
    this.heights = new Heights(element);
    this.undo = new Undo();
    this.bar = document.getElementById("selection-bar");
    this.filters = new Filters(document.getElementById("filters"), element, () => this.#filtered());
    this.grid.addEventListener("drawn", () => {
      this.selection.restore();
      if (this.filters.isSet) this.filters.apply();
      else this.heights.start();
    });
    if (this.mayEdit) {
      this.editor = new Editor(this.grid, this.undo);
      this.arranger = new Arranger(this.grid, this.selection, this.undo);
    }
    this.selection.addEventListener("change", () => this.#drawBar());
    element.addEventListener("click", (event) => this.#click(event));
    element.addEventListener("dblclick", (event) => this.#doubleClick(event));
    element.addEventListener("focusin", (event) => this.#arrived(event.target.closest(".card")));
    document.addEventListener("click", (event) => this.#pressed(event));
    document.getElementById("take-count")?.addEventListener("input", () => this.#drawBar());
    document.getElementById("engine")?.addEventListener("change", fitAudition);
    this.#sizeCards();
    this.#bindKeys();
    offer(() => this.#entries());
    this.#drawBar();
    element.dataset.ready = "";
  }

  // Asking for takes -------------------------------------------------------------------------------------------

  async generate(front = false) {
    const cards = this.selection.chosen().filter((card) => !isOmitted(card));
    if (!cards.length) return void toast("Select the shots you want takes of, then generate.");
    const shots = cards.map(idOf);
    const count = this.#count();
    const engine = document.getElementById("engine")?.value ?? "";
    const audition = Boolean(document.querySelector("#audition-choice:not([hidden]) #audition:checked"));
    const name = JSON.stringify([shots, count, engine, front, audition]);
    const now = performance.now();
    if (this.#intent?.name !== name || (now - this.#intent.at > ONE_INTENT_MS && !this.#intent.inFlight)) {
      this.#intent = { name, at: now, key: newKey(), inFlight: 0 };
    }
    const intent = this.#intent;
    intent.inFlight += 1;
    try {
      const done = await sendOrSay("POST", `${this.grid.base}/takes/`, { shots, count, engine, front, audition, key: intent.key });
      if (!done || intent.told) return;
      intent.told = true;
      const takes = done.takes.length;
      toast(`${takes} take${takes === 1 ? "" : "s"} of ${named(cards)} queued`, {
        action: { label: "Show queue", run: () => document.querySelector('[data-action="queue"]').click() },
      });
      await this.grid.sync(shots);
    } finally {
      intent.inFlight -= 1;
    }
  }

  // Shots ------------------------------------------------------------------------------------------------------

  async insert(where) {
    const card = this.#at();
    if (!card) return;
    const made = await sendOrSay("POST", `${this.grid.base}/shots/`, { [where]: idOf(card) });
    if (made) await this.#show(made, `${made.code} added`, "action");
  }

  async duplicate() {
    const copies = [];
    for (const card of this.selection.chosen()) {
      const made = await sendOrSay("POST", `/shots/${idOf(card)}/copies/`);
      if (!made) break;
      copies.push(made);
    }
    if (copies.length) await this.#show(copies[0], `${copies.map(({ code }) => code).join(", ")} added`);
  }

  async split() {
    const card = this.#at();
    if (!card) return;
    const made = await sendOrSay("POST", `/shots/${idOf(card)}/halves/`);
    if (!made) return;
    await this.grid.sync([idOf(card)]);
    await this.#show(made, `Split; the second half is ${made.code}`);
  }

  async merge() {
    const card = this.#at();
    if (!card) return;
    const next = card.nextElementSibling;
    const made = await sendOrSay("POST", `/shots/${idOf(card)}/merger/`);
    if (!made) return;
    await this.grid.sync([idOf(card), ...(next ? [idOf(next)] : [])], { order: true });
    announce(`${codeOf(card)} took in the next shot`);
  }

  async omit(cards = this.selection.chosen()) {
    const standing = cards.filter((card) => !isOmitted(card));
    if (!standing.length) return;
    const shots = standing.map(idOf);
    const label = `Omitted ${named(standing)}`;
    if (!(await this.#each(shots, "POST"))) return;
    this.undo.push(label, () => this.#each(shots, "DELETE"));
    announce(label);
  }

  async restore() {
    const gone = this.selection.chosen().filter(isOmitted);
    if (gone.length && (await this.#each(gone.map(idOf), "DELETE"))) announce(`Brought back ${named(gone)}`);
  }

  async #each(shots, method) {
    for (const shot of shots) {
      if ((await sendOrSay(method, `/shots/${shot}/omission/`)) === undefined) return false;
    }
    await this.grid.sync(shots, { order: true });
    return true;
  }

  async #show({ shot }, said, field) {
    await this.grid.sync([shot], { order: true });
    const card = this.grid.card(shot);
    if (!card) return;
    this.selection.only(card);
    this.selection.focus(card);
    announce(said);
    if (field) await this.editor.open(card, field);
  }

  open(card = this.selection.current) {
    const link = card?.querySelector(".top a");
    if (link) location.assign(link.href);
  }

  edit(card = this.#at(), field) {
    if (card && this.mayEdit) this.editor.open(card, field);
  }

  // The project ------------------------------------------------------------------------------------------------

  async addShot(scene) {
    const made = await sendOrSay("POST", `${this.grid.base}/shots/`, { scene: Number(scene.dataset.scene) });
    if (made) await this.#show(made, `${made.code} added`, "action");
  }

  addScene() {
    const dialog = document.getElementById("scene-dialog");
    const field = dialog.querySelector("input");
    field.value = "";
    dialog.returnValue = "";
    dialog.onclose = async () => {
      if (dialog.returnValue !== "add" || !field.value.trim()) return;
      const made = await sendOrSay("POST", `${this.grid.base}/scenes/`, { heading: field.value });
      if (made) await this.#show(made, `Scene added`, "action");
    };
    dialog.showModal();
  }

  async renumber() {
    const done = await sendOrSay("POST", `${this.grid.base}/numbering/`);
    if (!done) return;
    await this.grid.sync([...this.element.querySelectorAll(".card")].map(idOf));
    toast(`${done.shots} shots renumbered`);
  }

  async lock(button) {
    const done = await sendOrSay(button.dataset.locked ? "DELETE" : "POST", `${this.grid.base}/code-lock/`);
    if (!done) return;
    button.dataset.locked = done.locked ? "1" : "";
    button.lastChild.textContent = done.locked ? " Unlock codes" : " Lock codes";
    document.querySelector('[data-board="renumber"]').disabled = done.locked;
    toast(done.locked ? "Codes are locked: nothing is renumbered" : "Codes can be renumbered again");
  }

  // Pointer ----------------------------------------------------------------------------------------------------

  #click(event) {
    const card = event.target.closest(".card");
    if (!card || event.target.closest("a, form, button")) return;
    const picture = event.target.closest(".pic");
    if (picture && onTick(event, picture)) this.selection.toggle(card);
    else if (event.shiftKey) this.selection.extendTo(card);
    else if (event.ctrlKey || event.metaKey) this.selection.toggle(card);
    else if (picture && event.pointerType === "touch") return this.open(card);
    else this.selection.only(card);
    this.selection.focus(card, { preventScroll: true });
  }

  #doubleClick(event) {
    const card = event.target.closest(".card");
    if (!card || event.target.closest("form, a")) return;
    if (event.target.closest(".pic")) this.open(card);
    else this.edit(card, event.target.closest(".say") ? "dialogue" : event.target.closest(".top") ? "size" : "action");
  }

  #pressed(event) {
    const failed = event.target instanceof Element && event.target.closest("[data-retry]");
    if (failed) return void sendOrSay("POST", `/takes/${failed.dataset.retry}/retrial/`);
    const button = event.target instanceof Element && event.target.closest("[data-board]");
    if (!button) return;
    const act = {
      "generate": () => this.generate(),
      "front": () => this.generate(true),
      "open": () => this.open(this.selection.chosen()[0]),
      "edit": () => this.edit(),
      "move": () => this.#moveTo(),
      "insert-before": () => this.insert("before"),
      "insert-after": () => this.insert("after"),
      "duplicate": () => this.duplicate(),
      "split": () => this.split(),
      "merge": () => this.merge(),
      "omit": () => this.omit(),
      "restore": () => this.restore(),
      "clear": () => this.clear(),
      "clear-filters": () => this.filters.clear(),
      "select-all": () => this.selection.choose(this.selection.cells()),
      "select-scene": () => this.selection.choose(this.selection.cells().filter((card) => card.closest(".scene") === button.closest(".scene"))),
      "add-shot": () => this.addShot(button.closest(".scene")),
      "add-scene": () => this.addScene(),
      "renumber": () => this.renumber(),
      "lock": () => this.lock(button),
    }[button.dataset.board];
    button.closest("[popover]")?.hidePopover();
    act?.();
  }

  clear() {
    if (!this.selection.size) return false;
    this.selection.clear();
    this.selection.current?.focus({ preventScroll: true });
    return true;
  }

  // Keys -------------------------------------------------------------------------------------------------------

  #bindKeys() {
    const move = (direction, extend) => () => this.selection.move(direction, extend);
    const looking = {
      "arrowleft": { label: "Shot to the left", run: move("left"), repeat: true, hidden: true },
      "arrowright": { label: "Shot to the right", run: move("right"), repeat: true, hidden: true },
      "arrowup": { label: "Shot above", run: move("up"), repeat: true, hidden: true },
      "arrowdown": { label: "Shot below", run: move("down"), repeat: true, hidden: true },
      "home": { label: "First shot", run: move("first") },
      "end": { label: "Last shot", run: move("last") },
      "shift+arrowleft": { label: "Extend to the left", run: move("left", true), repeat: true, hidden: true },
      "shift+arrowright": { label: "Extend the selection", run: move("right", true), repeat: true },
      "shift+arrowup": { label: "Extend upwards", run: move("up", true), repeat: true, hidden: true },
      "shift+arrowdown": { label: "Extend downwards", run: move("down", true), repeat: true, hidden: true },
      "x": { label: "Select or not", run: () => this.selection.current && this.selection.toggle(this.selection.current) },
      "ctrl+a": { label: "Select all", run: () => this.selection.choose(this.selection.cells()) },
      "escape": { label: "Clear the selection", run: () => this.clear() },
      "enter": { label: "Open", run: () => (this.#focused() ? this.open() : false) },
      "space": { label: "Play in the card", run: () => (this.#focused() ? this.scrubber.play(this.#focused()) : false) },
      "/": { label: "Filter", run: () => this.filters.focus() },
    };
    const editing = {
      "ctrl+enter": { label: "Generate selected", run: () => this.generate() },
      "ctrl+shift+enter": { label: "Generate, first in line", run: () => this.generate(true) },
      "n": { label: "New shot after", run: () => this.insert("after") },
      "shift+n": { label: "New shot before", run: () => this.insert("before") },
      "d": { label: "Duplicate", run: () => this.duplicate() },
      "f2": { label: "Edit in place", run: () => this.edit() },
      "m": { label: "Move to…", run: () => this.#moveTo() },
      "delete": { label: "Omit", run: () => this.omit() },
      "ctrl+z": { label: "Undo", run: () => this.undo.back() },
      "ctrl+shift+arrowleft": { label: "Move to the front", run: () => this.#step("left"), hidden: true },
      "ctrl+shift+arrowright": { label: "Move along the board", run: () => this.#step("right") },
      "ctrl+shift+arrowup": { label: "Move up a row", run: () => this.#step("up"), hidden: true },
      "ctrl+shift+arrowdown": { label: "Move down a row", run: () => this.#step("down"), hidden: true },
    };
    keys.scope("Board", this.element, this.mayEdit ? { ...looking, ...editing } : looking, { pageDefault: true });
  }

  #focused() {
    return document.activeElement?.matches(".card") ? document.activeElement : null;
  }

  /** The one card an action is about. */
  #at() {
    return this.selection.chosen()[0] ?? null;
  }

  #moveTo() {
    const cards = this.selection.chosen();
    if (cards.length) this.arranger.choose(cards);
  }

  /** One press behind the other: each begins where the last one ended. */
  #step(direction) {
    this.#steps = this.#steps.then(() => {
      const cards = this.selection.chosen();
      return cards.length ? this.arranger.step(cards, direction) : undefined;
    });
  }

  // What is shown of it ----------------------------------------------------------------------------------------

  #filtered() {
    this.heights.start();
    const shown = new Set(this.selection.cells());
    if (this.selection.current && !shown.has(this.selection.current)) {
      const first = [...shown][0];
      if (first) {
        this.selection.current.tabIndex = -1;
        first.tabIndex = 0;
      }
    }
    this.#drawBar();
  }

  #drawBar() {
    if (!this.bar) return;
    const cards = this.selection.size ? this.selection.chosen() : [];
    this.bar.hidden = !cards.length;
    document.body.classList.toggle("has-selection", cards.length > 0);
    if (!cards.length) return;
    this.bar.toggleAttribute("data-many", cards.length > 1);
    const gone = cards.filter(isOmitted).length;
    this.bar.querySelector('[data-board="omit"]').hidden = gone === cards.length;
    this.bar.querySelector('[data-board="restore"]').hidden = gone === 0;
    document.getElementById("selected-count").textContent = String(cards.length);
    document.getElementById("cost").textContent = this.#cost(cards);
  }

  #cost(cards) {
    const takes = cards.length * this.#count();
    const frames = cards.reduce((sum, card) => sum + framesOf(card), 0) * this.#count();
    const words = `${takes} take${takes === 1 ? "" : "s"}`;
    const pace = Number(this.element.dataset.pace);
    return pace ? `${words}, ${inWords(frames * pace).replace(" left", "")}` : words;
  }

  #count() {
    const count = Number(document.getElementById("take-count")?.value);
    return Number.isInteger(count) && count >= 1 && count <= 64 ? count : 2;
  }

  #arrived(card) {
    if (!card || card.classList.contains("is-editing")) return;
    clearTimeout(this.#hereTimer);
    this.#hereTimer = setTimeout(() => (live.here = idOf(card)), 700);
  }

  #sizeCards() {
    const slider = document.getElementById("card-size");
    const apply = () => this.element.style.setProperty("--card", `${slider.value}px`);
    try {
      slider.value = localStorage.getItem("ct-card-size") ?? slider.value;
    } catch {
      // Storage may be switched off; the size then lasts as long as the page.
    }
    if (slider.value !== slider.defaultValue) apply();
    slider.addEventListener("input", () => {
      apply();
      try {
        localStorage.setItem("ct-card-size", slider.value);
      } catch {
        // As above.
      }
    });
  }

  #entries() {
    const cards = [...this.element.querySelectorAll(".card")].map((card) => ({
      label: `${codeOf(card)} ${card.querySelector(".act").textContent}`,
      hint: "Shot",
      run: () => {
        if (card.hidden) this.filters.clear();
        this.selection.only(card);
        this.selection.focus(card);
      },
    }));
    const acts = this.mayEdit
      ? [
          { label: "Add a scene", hint: "Action", run: () => this.addScene() },
          { label: "Select all shots", hint: "Action", run: () => this.selection.choose(this.selection.cells()) },
          { label: "Renumber shots", hint: "Action", run: () => this.renumber() },
        ]
      : [];
    return [...acts, ...cards];
  }
}

/** Auditions are offered where the engine can stop half-way. */
function fitAudition({ target }) {
  document.getElementById("audition-choice").hidden = !("holds" in target.selectedOptions[0].dataset);
}

function isOmitted(card) {
  return ` ${card.dataset.is} `.includes(" omitted ");
}

function onTick(event, picture) {
  const box = picture.getBoundingClientRect();
  return event.clientX - box.left < TICK && event.clientY - box.top < TICK;
}

const element = document.getElementById("board");
if (element) new Board(element);
else startEmptyBoard();
