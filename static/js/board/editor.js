/** A shot's words edited in its card. What somebody else wrote meanwhile is shown, never written over unasked. */

import { live } from "../live.js";
import { Refused, send, sendOrSay } from "../patch.js";
import { announce } from "../toast.js";

const FIELDS = ["action", "dialogue", "size", "frames", "angle", "move"];

export class Editor {
  #open = null;

  /**
   * @param {import("./grid.js").Grid} grid
   * @param {import("./arrange.js").Undo} undo
   */
  constructor(grid, undo) {
    this.grid = grid;
    this.undo = undo;
    this.template = document.getElementById("edit-form");
  }

  /** Opens a card for writing; one at a time. */
  async open(card, field = "action") {
    if (!this.template || card.classList.contains("is-editing")) return;
    if (this.#open && !(await this.#leave())) return;
    const shot = Number(card.id.slice(5));
    const asked = await read(shot);
    const form = this.template.content.firstElementChild.cloneNode(true);
    for (const name of FIELDS) form.elements[name].value = asked[name];
    card.classList.add("is-editing");
    card.append(form);
    this.#open = { card, shot, form, base: asked };
    live.here = shot;
    form.addEventListener("input", () => (form.dataset.dirty = ""));
    form.addEventListener("submit", (event) => (event.preventDefault(), this.save()));
    form.addEventListener("click", (event) => event.target.dataset.editAct === "cancel" && this.close());
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.target.matches("input"))) this.save();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    form.elements[field]?.focus();
    form.elements[field]?.select?.();
    form.scrollIntoView({ block: "nearest" });
  }

  async save() {
    const { form, shot, base } = this.#open;
    const changes = changed(form, base);
    if (!Object.keys(changes).length) return this.close();
    const seen = Object.fromEntries(Object.keys(changes).map((name) => [name, base[name]]));
    try {
      await send("PATCH", `/shots/${shot}/version/`, { ...changes, base: seen });
    } catch (error) {
      return this.#refused(error);
    }
    this.close();
    announce("Saved");
    this.undo.push("Changed words", () => this.#write(shot, seen, changes), { quiet: true });
    return this.grid.sync([shot], { order: "frames" in changes });
  }

  /** Puts words back, unless somebody has written others since. */
  async #write(shot, values, base) {
    const done = await sendOrSay("PATCH", `/shots/${shot}/version/`, { ...values, base });
    if (done) await this.grid.sync([shot], { order: "frames" in values });
  }

  close() {
    if (!this.#open) return;
    const { card, shot, form } = this.#open;
    this.#open = null;
    form.remove();
    card.classList.remove("is-editing");
    live.here = null;
    card.focus({ preventScroll: true });
    if (card.dataset.stale) this.grid.sync([shot]);
  }

  async #leave() {
    if (this.#open.form.dataset.dirty === undefined) this.close();
    else await this.save();
    return this.#open === null;
  }

  #refused(error) {
    const { form, base } = this.#open;
    const said = form.querySelector(".edit-said");
    said.textContent = error.message;
    if (!(error instanceof Refused) || error.status !== 409 || !error.facts.field) return;
    const { field, now, by } = error.facts;
    const choices = document.createElement("div");
    choices.className = "row";
    const theirs = document.createElement("q");
    theirs.textContent = String(now);
    said.textContent = `${by || "Somebody"} changed this while you were writing.`;
    choices.append(
      button("Keep mine", () => {
        base[field] = now;
        this.save();
      }),
      button("Use theirs", () => {
        form.elements[field].value = now;
        base[field] = now;
        said.replaceChildren();
        form.elements[field].focus();
      }),
    );
    said.append(theirs, choices);
    choices.querySelector("button").focus();
  }
}

async function read(shot) {
  const answer = await fetch(`/shots/${shot}/version/`, { headers: { Accept: "application/json" } });
  return answer.json();
}

function changed(form, base) {
  const changes = {};
  for (const name of FIELDS) {
    const value = name === "frames" ? Number(form.elements[name].value) : form.elements[name].value.trim();
    if (value !== base[name]) changes[name] = value;
  }
  return changes;
}

function button(label, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}
