/**
 * A grid of things with one tab stop and many selected: arrows move, Shift extends, Ctrl toggles.
 *
 * What is selected is kept by id, so it outlives fresh markup. Says `change` when the selection is another.
 */
export class Selection extends EventTarget {
  #chosen = new Set();
  #anchor = null;
  #current = null;
  #reachable;

  /** @param {HTMLElement} grid @param {string} item selector of the cells, each with an id */
  constructor(grid, item) {
    super();
    this.grid = grid;
    this.item = item;
    this.#reachable = `${item}:not([hidden], [hidden] *)`;
    grid.addEventListener("focusin", (event) => {
      const cell = event.target.closest?.(item);
      if (cell) this.#stop(cell);
    });
    this.restore();
  }

  /** The cells that can be reached, in order. @returns {HTMLElement[]} */
  cells() {
    return [...this.grid.querySelectorAll(this.#reachable)];
  }

  get size() {
    return this.#chosen.size;
  }

  /** The cell that has the tab stop. @returns {HTMLElement | null} */
  get current() {
    return this.#current ? document.getElementById(this.#current) : null;
  }

  has(cell) {
    return this.#chosen.has(cell.id);
  }

  /** The selected cells in the grid's order; where none is, the current one. */
  chosen() {
    const picked = this.#chosen.size ? this.grid.querySelectorAll(`:is(${this.#reachable})[aria-selected="true"]`) : [];
    if (picked.length) return [...picked];
    return this.current && this.grid.contains(document.activeElement) ? [this.current] : [];
  }

  only(cell) {
    this.#anchor = cell.id;
    this.#set([cell.id]);
  }

  toggle(cell) {
    this.#anchor = cell.id;
    const next = new Set(this.#chosen);
    if (!next.delete(cell.id)) next.add(cell.id);
    this.#set(next);
  }

  /** Everything between the anchor and this cell. */
  extendTo(cell, cells = this.cells()) {
    const from = cells.findIndex(({ id }) => id === this.#anchor);
    const to = cells.indexOf(cell);
    if (from < 0) return this.only(cell);
    return this.#set(cells.slice(Math.min(from, to), Math.max(from, to) + 1).map(({ id }) => id));
  }

  choose(cells) {
    this.#anchor = cells[0]?.id ?? null;
    this.#set(cells.map(({ id }) => id));
  }

  clear() {
    this.#set([]);
  }

  /** Puts the focus on a cell. */
  focus(cell, options) {
    this.#stop(cell);
    cell.focus(options);
  }

  /** Moves the focus one cell; `extend` takes what is passed into the selection. Returns false at the edge. */
  move(direction, extend = false) {
    const cells = this.cells();
    if (!cells.length) return false;
    const from = cells.indexOf(this.current);
    const to = from < 0 || !this.grid.contains(document.activeElement) ? Math.max(from, 0) : this.#beside(cells, from, direction);
    if (to === null) return false;
    if (extend && this.#anchor === null) this.#anchor = cells[from]?.id ?? cells[to].id;
    this.focus(cells[to]);
    if (extend) this.extendTo(cells[to], cells);
    return true;
  }

  /** Marks fresh markup as what it was. */
  restore() {
    const present = new Set([...this.grid.querySelectorAll(this.item)].map(({ id }) => id));
    for (const id of this.#chosen) if (!present.has(id)) this.#chosen.delete(id);
    for (const cell of this.grid.querySelectorAll(this.item)) this.#mark(cell);
    const stop = this.current ?? this.grid.querySelector(this.item);
    if (stop) this.#stop(stop);
    this.dispatchEvent(new Event("change"));
  }

  #set(ids) {
    const next = new Set(ids);
    const touched = next.symmetricDifference(this.#chosen);
    this.#chosen = next;
    for (const id of touched) {
      const cell = document.getElementById(id);
      if (cell) this.#mark(cell);
    }
    this.dispatchEvent(new Event("change"));
  }

  #mark(cell) {
    if (!cell.hasAttribute("tabindex")) cell.tabIndex = -1;
    const selected = String(this.#chosen.has(cell.id));
    if (cell.getAttribute("aria-selected") !== selected) cell.setAttribute("aria-selected", selected);
  }

  #stop(cell) {
    const last = this.current;
    if (last && last !== cell) last.tabIndex = -1;
    this.#current = cell.id;
    if (cell.tabIndex !== 0) cell.tabIndex = 0;
  }

  #beside(cells, from, direction) {
    if (direction === "left") return from > 0 ? from - 1 : null;
    if (direction === "right") return from < cells.length - 1 ? from + 1 : null;
    if (direction === "first") return 0;
    if (direction === "last") return cells.length - 1;
    return nearestInNextRow(cells, from, direction === "down" ? 1 : -1);
  }
}

/** The cell right above or below, by where they are on the screen. */
function nearestInNextRow(cells, from, step) {
  const here = cells[from].getBoundingClientRect();
  let row = null;
  let best = null;
  let distance = Infinity;
  for (let index = from + step; index >= 0 && index < cells.length; index += step) {
    const there = cells[index].getBoundingClientRect();
    if (Math.abs(there.top - here.top) < 4) continue;
    row ??= there.top;
    if (Math.abs(there.top - row) > 4) break;
    const apart = Math.abs(there.left - here.left);
    if (apart < distance) [best, distance] = [index, apart];
  }
  return best;
}
