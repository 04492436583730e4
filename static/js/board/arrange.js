/** Shots to another place: dragged, by keys, or chosen from a list. All three end in one request. */

import { announce, toast } from "../toast.js";
import { sendOrSay } from "../patch.js";
import { codeOf, idOf } from "./grid.js";

const THRESHOLD = 6;
const EDGE = 90;

export class Arranger {
  #drag = null;

  /**
   * @param {import("./grid.js").Grid} grid
   * @param {import("../select.js").Selection} selection
   * @param {{push: (label: string, run: () => unknown) => void}} undo
   */
  constructor(grid, selection, undo) {
    this.grid = grid;
    this.selection = selection;
    this.undo = undo;
    grid.element.addEventListener("pointerdown", (event) => this.#press(event));
  }

  /** Moves these cards behind `after`, or to the front of `scene`. */
  async move(cards, scene, after) {
    if (!cards.length) return;
    const back = whereabouts(cards);
    const shots = cards.map(idOf);
    const done = await this.#ask(shots, scene, after);
    if (!done) return;
    this.undo.push(`Moved ${named(cards)}`, async () => {
      for (const spot of back) await this.#ask(spot.shots, spot.scene, spot.after);
    });
    this.#tell(cards);
  }

  /** One step along the board. */
  step(cards, direction) {
    const all = this.#all();
    const moving = new Set(cards);
    const steps = direction === "left" || direction === "right" ? 1 : this.#columns(cards[0]);
    if (direction === "right" || direction === "down") {
      let target = all.slice(all.indexOf(cards.at(-1)) + 1).filter((card) => !moving.has(card))[steps - 1];
      const sceneOf = (card) => card.closest(".scene");
      const own = sceneOf(cards.at(-1));
      if (!target || sceneOf(target) !== own) {
        const next = own.nextElementSibling;
        if (cards.at(-1).nextElementSibling) target = [...own.querySelectorAll(".card")].at(-1);
        else return next ? this.move(cards, Number(next.dataset.scene), null) : undefined;
      }
      return this.move(cards, Number(sceneOf(target).dataset.scene), idOf(target));
    }
    const before = all.slice(0, all.indexOf(cards[0])).filter((card) => !moving.has(card));
    const target = before.at(-steps);
    if (!target) return undefined;
    const scene = target.closest(".scene");
    const own = cards[0].closest(".scene");
    if (scene !== own) {
      const first = own.querySelector(".card");
      if (first !== cards[0]) return this.move(cards, Number(own.dataset.scene), null);
      return this.move(cards, Number(scene.dataset.scene), idOf([...scene.querySelectorAll(".card")].at(-1)));
    }
    const behind = target.previousElementSibling;
    return this.move(cards, Number(scene.dataset.scene), behind?.matches(".card") ? idOf(behind) : null);
  }

  /** Asks for the place in a list. */
  choose(cards) {
    const dialog = document.getElementById("move-dialog");
    const where = dialog.querySelector("select");
    const moving = new Set(cards);
    where.replaceChildren(
      ...[...this.grid.element.querySelectorAll(".scene")].map((scene) => {
        const group = document.createElement("optgroup");
        group.label = scene.querySelector("h2").textContent;
        group.append(choice(`At the front of ${group.label}`, `${scene.dataset.scene} `));
        for (const card of scene.querySelectorAll(".card")) {
          if (!moving.has(card)) group.append(choice(`After ${codeOf(card)} ${card.querySelector(".act").textContent}`, `${scene.dataset.scene} ${idOf(card)}`));
        }
        return group;
      }),
    );
    dialog.querySelector("h2").textContent = `Move ${named(cards)} to…`;
    const before = cards[0].previousElementSibling;
    where.value = before?.matches(".card") ? `${cards[0].closest(".scene").dataset.scene} ${idOf(before)}` : where.options[0].value;
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue !== "move" || !where.value) return;
      const [scene, after] = where.value.split(" ");
      this.move(cards, Number(scene), after ? Number(after) : null);
    };
    dialog.showModal();
    where.focus();
  }

  async #ask(shots, scene, after) {
    const done = await sendOrSay("POST", `${this.grid.base}/order/`, { shots, scene, after });
    if (done) await this.grid.sync([], { order: true });
    return done !== undefined;
  }

  #tell(cards) {
    const all = this.#all();
    const at = all.indexOf(this.grid.card(idOf(cards[0]))) + 1;
    announce(`${named(cards)} moved to position ${at} of ${all.length}`);
    const first = this.grid.card(idOf(cards[0]));
    first?.scrollIntoView({ block: "nearest" });
    if (first) this.selection.focus(first, { preventScroll: true });
  }

  #all() {
    return [...this.grid.element.querySelectorAll(".card")];
  }

  #columns(card) {
    const row = card.closest(".scene");
    return Math.max(1, getComputedStyle(row).gridTemplateColumns.split(" ").length);
  }

  // By hand ----------------------------------------------------------------------------------------------------

  #press(event) {
    const card = event.target.closest?.(".card");
    const grabbed = card && event.button === 0 && event.pointerType !== "touch" && !event.target.closest("a, form, button");
    if (!grabbed || event.shiftKey || event.ctrlKey || event.metaKey) return;
    this.#drag = { card, x: event.clientX, y: event.clientY, id: event.pointerId };
    const move = (next) => this.#move(next);
    const stop = (next) => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", stop);
      window.removeEventListener("pointercancel", stop);
      window.removeEventListener("keydown", escape, true);
      this.#drop(next.type === "pointerup");
    };
    const escape = (next) => {
      if (next.key !== "Escape" || !this.#drag?.ghost) return;
      next.preventDefault();
      next.stopPropagation();
      stop(next);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", stop);
    window.addEventListener("pointercancel", stop);
    window.addEventListener("keydown", escape, true);
  }

  #move(event) {
    const drag = this.#drag;
    if (!drag) return;
    if (!drag.ghost) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < THRESHOLD) return;
      this.#lift(drag);
    }
    drag.ghost.style.translate = `${event.clientX + 12}px ${event.clientY + 12}px`;
    drag.pointer = event;
    this.#mark(event);
  }

  #lift(drag) {
    if (!this.selection.has(drag.card)) this.selection.only(drag.card);
    drag.cards = this.selection.chosen();
    for (const card of drag.cards) card.classList.add("is-dragged");
    drag.ghost = make("drag-ghost");
    drag.ghost.textContent = drag.cards.length > 1 ? `${drag.cards.length} shots` : codeOf(drag.card);
    drag.line = make("drop-line");
    document.documentElement.classList.add("is-dragging");
    const scroll = () => {
      if (!this.#drag) return;
      const y = drag.pointer?.clientY ?? innerHeight / 2;
      const speed = y < EDGE + 48 ? y - EDGE - 48 : y > innerHeight - EDGE ? y - innerHeight + EDGE : 0;
      if (speed) {
        scrollBy(0, speed / 5);
        this.#mark(drag.pointer);
      }
      requestAnimationFrame(scroll);
    };
    requestAnimationFrame(scroll);
  }

  #mark(event) {
    const drag = this.#drag;
    const spot = spotAt(event.clientX, event.clientY, this.grid.element);
    drag.spot = spot;
    drag.line.hidden = !spot;
    if (!spot) return;
    const { x, top, height } = spot.line;
    Object.assign(drag.line.style, { left: `${x + scrollX - 1}px`, top: `${top + scrollY}px`, height: `${height}px` });
  }

  #drop(wanted) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag?.ghost) return;
    drag.ghost.remove();
    drag.line.remove();
    document.documentElement.classList.remove("is-dragging");
    for (const card of drag.cards) card.classList.remove("is-dragged");
    // The click that ends a drag must not also select.
    window.addEventListener("click", (event) => event.stopPropagation(), { capture: true, once: true });
    setTimeout(() => window.dispatchEvent(new Event("drag-over")), 0);
    if (wanted && drag.spot) this.move(drag.cards, drag.spot.scene, drag.spot.after);
  }
}

/** A short list of what can be taken back, the newest first. */
export class Undo {
  #done = [];

  push(label, run, { quiet = false } = {}) {
    this.#done.push({ label, run });
    if (this.#done.length > 50) this.#done.shift();
    if (!quiet) toast(label, { action: { label: "Undo", run: () => this.back() } });
  }

  async back() {
    const last = this.#done.pop();
    if (!last) return announce("Nothing to undo");
    await last.run();
    return announce(`Undone: ${last.label}`);
  }
}

export function named(cards) {
  return cards.length === 1 ? codeOf(cards[0]) : `${cards.length} shots`;
}

/** Where these cards stand, as the moves that would put them back. */
function whereabouts(cards) {
  return cards.map((card) => {
    const behind = card.previousElementSibling;
    return { shots: [idOf(card)], scene: Number(card.closest(".scene").dataset.scene), after: behind?.matches(".card") ? idOf(behind) : null };
  });
}

/** What a drop at this point would mean, and where to draw the line for it. */
function spotAt(x, y, grid) {
  const under = document.elementFromPoint(x, y);
  const scene = under?.closest?.(".scene");
  if (!scene || !grid.contains(scene)) return null;
  const id = Number(scene.dataset.scene);
  const cards = [...scene.querySelectorAll(".card:not([hidden])")];
  const card = under.closest(".card") ?? nearest(cards, x, y);
  if (!card) {
    const box = scene.getBoundingClientRect();
    return { scene: id, after: null, line: { x: box.left + 16, top: box.top, height: box.height } };
  }
  const box = card.getBoundingClientRect();
  const behind = x > box.left + box.width / 2;
  const before = card.previousElementSibling;
  const after = behind ? idOf(card) : before?.matches(".card") ? idOf(before) : null;
  return { scene: id, after, line: { x: behind ? box.right + 6 : box.left - 6, top: box.top, height: box.height } };
}

function nearest(cards, x, y) {
  let best = null;
  let distance = Infinity;
  for (const card of cards) {
    const box = card.getBoundingClientRect();
    const apart = Math.hypot(x - (box.left + box.right) / 2, (y - (box.top + box.bottom) / 2) * 3);
    if (apart < distance) [best, distance] = [card, apart];
  }
  return best;
}

function choice(label, value) {
  const option = document.createElement("option");
  option.textContent = label;
  option.value = value;
  return option;
}

function make(name) {
  const element = document.createElement("div");
  element.className = name;
  document.body.append(element);
  return element;
}
