/** The strip of shots under the cut's player: widths by length, a hatched edge for what is not a pick yet. */

const DRAG_FROM_PX = 3;
const NARROWEST_PX = 2;
const FRAMES_MAX = 1440;

export class Strip {
  #items = [];
  #frames = 1;
  #zoom = 1;
  #frame = 0;
  #buttons = new Map();

  /**
   * @param {HTMLElement} lanes
   * @param {{select: (shot: number, frame?: number) => void, seek: (frame: number) => void,
   *   trim: ((item: any, begin: number, frames: number) => void) | null}} acts
   */
  constructor(lanes, acts) {
    this.lanes = lanes;
    this.inner = lanes.querySelector(".lanes-inner");
    this.list = lanes.querySelector(".shots");
    this.playhead = lanes.querySelector(".playhead");
    this.acts = acts;
    new ResizeObserver(() => this.#measure()).observe(lanes);
    this.inner.addEventListener("pointerdown", (event) => this.#down(event));
    this.list.addEventListener("keydown", (event) => this.#keyed(event));
  }

  draw(items, frames, selected) {
    this.#items = items;
    this.#frames = Math.max(frames, 1);
    const kept = this.#buttons;
    this.#buttons = new Map();
    const rows = items.map((item) => this.#row(item, kept.get(item.shot)));
    if (rows.some((row, index) => this.list.children[index] !== row) || rows.length !== this.list.children.length) {
      this.list.replaceChildren(...rows);
    }
    this.select(selected);
    this.#measure();
  }

  select(shot) {
    for (const [each, row] of this.#buttons) {
      const button = row.querySelector("button");
      button.setAttribute("aria-pressed", String(each === shot));
      button.tabIndex = each === shot ? 0 : -1;
    }
  }

  at(frame) {
    this.#frame = frame;
    const x = frame * this.#scale();
    this.playhead.style.transform = `translateX(${x}px)`;
    const { scrollLeft, clientWidth } = this.lanes;
    if (x < scrollLeft || x > scrollLeft + clientWidth - 8) this.lanes.scrollLeft = Math.max(0, x - clientWidth / 4);
  }

  /** @param {number} by a factor; 0 fits the whole cut */
  zoom(by) {
    this.#zoom = by ? Math.min(60, Math.max(1, this.#zoom * by)) : 1;
    this.#measure();
    this.at(this.#frame);
  }

  #scale() {
    return (this.lanes.clientWidth * this.#zoom) / this.#frames;
  }

  #measure() {
    const scale = this.#scale();
    this.inner.style.width = `${this.#frames * scale}px`;
    for (const item of this.#items) {
      const row = this.#buttons.get(item.shot);
      if (row) row.style.width = `${Math.max(NARROWEST_PX, item.frames * scale)}px`;
    }
    this.playhead.style.transform = `translateX(${this.#frame * scale}px)`;
  }

  #row(item, old) {
    const row = old ?? newRow(this.acts.trim !== null);
    const button = row.querySelector("button");
    row.dataset.shot = String(item.shot);
    row.className = `is-${item.shows}`;
    row.title = `${item.code} · ${item.frames} frames`;
    button.setAttribute("aria-label", `${item.label}, ${item.frames} frames`);
    row.querySelector(".code").textContent = item.code;
    row.querySelector(".length").textContent = String(item.frames);
    const picture = row.querySelector("img");
    if (item.poster && picture.getAttribute("src") !== item.poster) picture.src = item.poster;
    picture.hidden = !item.poster;
    this.#buttons.set(item.shot, row);
    return row;
  }

  #keyed(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    const index = this.#items.findIndex((item) => String(item.shot) === event.target.closest("li")?.dataset.shot);
    const next = this.#items[index + (steps[event.key] ?? NaN)];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    this.acts.select(next.shot, next.start);
    this.#buttons.get(next.shot).querySelector("button").focus();
  }

  #down(event) {
    if (event.button !== 0) return;
    const row = event.target.closest("li");
    const item = this.#items.find((each) => String(each.shot) === row?.dataset.shot);
    const edge = event.target.dataset.edge;
    if (item && edge && this.acts.trim) return this.#dragEdge(event, item, row, edge);
    return this.#scrub(event, item);
  }

  #scrub(event, item) {
    const frame = this.#frameAt(event);
    if (item) this.acts.select(item.shot, frame);
    else this.acts.seek(frame);
    this.#follow(event, (move) => this.acts.seek(this.#frameAt(move)), () => {});
  }

  #dragEdge(event, item, row, edge) {
    event.preventDefault();
    this.acts.select(item.shot);
    let wanted = { begin: item.in_frame, frames: item.frames };
    const move = (moved) => {
      const by = Math.round((moved.clientX - event.clientX) / this.#scale());
      wanted = trimmed(item, edge, by);
      row.style.width = `${Math.max(NARROWEST_PX, wanted.frames * this.#scale())}px`;
      row.querySelector(".length").textContent = String(wanted.frames);
    };
    const done = (ended) => {
      row.querySelector(".length").textContent = String(item.frames);
      this.#measure();
      if (ended.type === "pointerup") this.acts.trim(item, wanted.begin, wanted.frames);
    };
    this.#follow(event, move, done);
  }

  #follow(event, move, done) {
    const over = new AbortController();
    const { signal } = over;
    let moving = false;
    this.inner.setPointerCapture(event.pointerId);
    this.inner.addEventListener(
      "pointermove",
      (moved) => {
        moving ||= Math.abs(moved.clientX - event.clientX) >= DRAG_FROM_PX;
        if (moving) move(moved);
      },
      { signal },
    );
    for (const name of ["pointerup", "pointercancel"]) {
      this.inner.addEventListener(name, (ended) => (over.abort(), done(ended)), { signal });
    }
  }

  #frameAt(event) {
    const x = event.clientX - this.inner.getBoundingClientRect().left;
    return Math.min(this.#frames - 1, Math.max(0, Math.floor(x / this.#scale())));
  }
}

/** The trim that dragging an edge by so many frames asks for. */
function trimmed(item, edge, by) {
  if (edge === "tail") return { begin: item.in_frame, frames: Math.min(FRAMES_MAX, Math.max(1, item.frames + by)) };
  const most = item.sourceFrames ? item.frames - 1 : 0;
  const step = Math.min(most, Math.max(-item.in_frame, by));
  return { begin: item.in_frame + step, frames: item.frames - step };
}

function newRow(mayTrim) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const picture = document.createElement("img");
  picture.alt = "";
  picture.loading = "lazy";
  picture.draggable = false;
  button.append(picture, span("code"), span("length"));
  row.append(button);
  if (mayTrim) row.append(edge("head"), edge("tail"));
  return row;
}

function span(name) {
  const made = document.createElement("span");
  made.className = name;
  return made;
}

function edge(name) {
  const made = span(`edge is-${name}`);
  made.dataset.edge = name;
  return made;
}
