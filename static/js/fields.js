import { send } from "./patch.js";
import { toast } from "./toast.js";
import { label, lengthText } from "./fields-words.js";
import { startAsking } from "./fields-ask.js";
import { startGuides } from "./fields-guides.js";
import { startPanels } from "./fields-panels.js";

const PAUSE_MS = 600;
const RETRY_MS = 4000;

/**
 * `<ct-fields>`: what the shot asks for, kept as it is written. Markup: templates/version/_ask.html.
 *
 * Each field knows the value it was last agreed on with the server (its base). A change is sent with its base; where
 * somebody else changed the same field first, both are shown and the person decides. What it says of being saved is so.
 */
export class Fields extends HTMLElement {
  #bases = new Map();
  #conflicts = new Set();
  #timer = 0;
  #saving = null;
  #failed = "";

  connectedCallback() {
    this.inputs = [...this.querySelectorAll("[name]")];
    for (const input of this.inputs) this.#bases.set(input.name, valueOf(input));
    this.mayWrite = !this.hasAttribute("data-read-only");
    this.addEventListener("input", (event) => this.#changed(event));
    this.addEventListener("change", (event) => event.target.name && this.save());
    this.addEventListener("focusout", (event) => event.target.name && this.save());
    this.#listen();
    if (this.mayWrite) {
      this.asking = startAsking(this);
      this.guides = startGuides(this);
      startPanels(this);
    }
  }

  disconnectedCallback() {
    this.listening.abort();
  }

  get shot() {
    return Number(this.dataset.shot);
  }

  /** Holds the frame in the viewer as a guide. */
  holdFrame(kind, take, frame) {
    return this.guides?.hold(kind, null, { take, frame });
  }

  /** Resolves when everything written is with the server; throws where it could not be. */
  async saved() {
    await this.save();
    if (this.#conflicts.size) throw new Error("Somebody changed a field while you wrote. Decide that first, then try again.");
    if (this.#failed) throw new Error(this.#failed);
  }

  #listen() {
    this.listening = new AbortController();
    const { signal } = this.listening;
    document.addEventListener("live:event", ({ detail }) => {
      if (detail.shot === this.shot && detail.kind === "shot.revised") this.catchUp();
    }, { signal });
    document.addEventListener("live:reload", () => this.catchUp(), { signal });
    document.addEventListener("live:state", ({ detail }) => detail.open && this.#failed && this.save(), { signal });
    document.addEventListener("click", (event) => this.#linkClicked(event), { signal });
    window.addEventListener("beforeunload", (event) => {
      if (this.#dirty().length) event.preventDefault();
    }, { signal });
  }

  /** Goes to another page once everything written is saved; stays, and says why, where it could not be. */
  async leaveFor(address) {
    try {
      await this.saved();
      location.assign(address);
    } catch (error) {
      toast(error.message, { error: true });
    }
  }

  #linkClicked(event) {
    const link = event.target instanceof Element && event.target.closest("a[href]");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.target || link.hasAttribute("download") || !this.#dirty().length) return;
    event.preventDefault();
    this.leaveFor(link.href);
  }

  #dirty() {
    return this.inputs.filter((input) => !same(valueOf(input), this.#bases.get(input.name)));
  }

  #changed({ target }) {
    if (!target.name) return;
    if (target.name === "frames") this.#drawLength();
    this.#say("Not saved yet");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  /** One saving at a time; what was written meanwhile goes with the next. */
  async save() {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    const changed = this.#dirty().filter((input) => !this.#conflicts.has(input.name) && isValid(input));
    if (!changed.length) {
      this.#sayState();
      return;
    }
    this.#say("Saving…");
    this.#saving = this.#send(changed);
    await this.#saving;
    this.#saving = null;
    this.#sayState();
  }

  async #send(changed) {
    const sent = Object.fromEntries(changed.map((input) => [input.name, valueOf(input)]));
    const base = Object.fromEntries(changed.map((input) => [input.name, this.#bases.get(input.name)]));
    try {
      const now = await send("PATCH", this.dataset.save, { ...sent, base });
      this.#failed = "";
      for (const name of Object.keys(sent)) this.#agree(name, now[name], sent[name]);
      this.#takeIn(now);
    } catch (error) {
      if (error.status === 409 && error.facts.field) this.#conflict(error);
      else this.#fail(error);
    }
  }

  /** The server may have tidied what was sent; the field follows unless it was written in again since. */
  #agree(name, now, sent) {
    const input = this.#input(name);
    this.#bases.set(name, now);
    if (same(valueOf(input), sent) && document.activeElement !== input) write(input, now);
    else if (same(valueOf(input), sent) && !same(sent, now)) this.#bases.set(name, sent);
  }

  /** Takes in what others changed, field by field, except where something unsaved stands. */
  #takeIn(now) {
    for (const input of this.inputs) {
      if (!(input.name in now) || this.#conflicts.has(input.name)) continue;
      const untouched = same(valueOf(input), this.#bases.get(input.name));
      if (!untouched || same(now[input.name], this.#bases.get(input.name))) continue;
      write(input, now[input.name]);
      this.#bases.set(input.name, now[input.name]);
    }
    this.querySelector("[data-part=version]").textContent = `Version ${now.number}`;
    this.dispatchEvent(new CustomEvent("fields:agreed"));
    this.#drawLength();
    this.#drawFraming();
  }

  async catchUp() {
    this.guides?.refresh();
    try {
      const answer = await fetch(this.dataset.save, { headers: { Accept: "application/json" } });
      if (answer.ok) this.#takeIn(await answer.json());
    } catch {
      // What is shown stays; the base tells the server when something is sent.
    }
  }

  #fail(error) {
    this.#failed = error.message;
    if (error.status === 0 || error.status >= 500) this.#timer = setTimeout(() => this.save(), RETRY_MS);
  }

  #conflict(error) {
    const { field, now } = error.facts;
    const input = this.#input(field);
    this.#conflicts.add(field);
    input.closest(".ask-field").append(this.#question(input, error.message, now));
    input.setAttribute("aria-invalid", "true");
    this.#timer = setTimeout(() => this.save(), 0);
  }

  #question(input, message, now) {
    const box = document.createElement("div");
    box.className = "conflict";
    box.setAttribute("role", "alert");
    const theirs = document.createElement("blockquote");
    theirs.textContent = label(input, now) || "nothing";
    const sentence = document.createElement("p");
    sentence.textContent = message;
    box.append(sentence, theirs);
    box.append(this.#answer("Keep mine", input, box, () => this.#bases.set(input.name, now)));
    box.append(this.#answer("Use theirs", input, box, () => {
      this.#bases.set(input.name, now);
      write(input, now);
    }));
    return box;
  }

  #answer(text, input, box, decide) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = text;
    button.addEventListener("click", () => {
      decide();
      this.#conflicts.delete(input.name);
      input.removeAttribute("aria-invalid");
      box.remove();
      input.focus();
      this.save();
    });
    return button;
  }

  #sayState() {
    if (!this.mayWrite) return;
    const invalid = this.#dirty().find((input) => !isValid(input));
    if (this.#conflicts.size) this.#say("Not saved: keep yours or use theirs", "is-warning");
    else if (this.#failed) this.#sayFailed();
    else if (invalid) this.#say(`Not saved: ${invalid.validationMessage}`, "is-warning");
    else if (this.#dirty().length) this.#say("Not saved yet");
    else this.#say("All saved");
  }

  #sayFailed() {
    const place = this.#say(`Not saved. ${this.#failed} `, "is-warning");
    const retry = document.createElement("button");
    retry.type = "button";
    retry.className = "button is-quiet";
    retry.textContent = "Save now";
    retry.addEventListener("click", () => this.save());
    place.append(retry);
  }

  #say(text, className = "") {
    const place = this.querySelector("[data-part=saved]");
    if (place.textContent !== text) place.textContent = text;
    place.className = `push ${className}`;
    return place;
  }

  #input(name) {
    return this.inputs.find((input) => input.name === name);
  }

  #drawLength() {
    const input = this.#input("frames");
    this.querySelector("[data-part=seconds]").textContent = lengthText(input);
  }

  #drawFraming() {
    const place = document.getElementById("room-framing");
    if (!place) return;
    const angle = this.#input("angle");
    const move = this.#input("move");
    const parts = [this.#input("size").value];
    if (angle.value && angle.value !== "eye") parts.push(angle.selectedOptions[0].textContent);
    if (move.value && move.value !== "static") parts.push(move.selectedOptions[0].textContent);
    place.textContent = parts.filter(Boolean).join(" · ");
  }
}

function valueOf(input) {
  if (input.hasAttribute("data-number")) return input.value === "" ? null : Number(input.value);
  if (input.hasAttribute("data-list")) return input.value.split(",").map((each) => each.trim()).filter(Boolean);
  return input.value.trim();
}

function write(input, value) {
  const text = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  if (input.value === text) return;
  const { selectionStart, selectionEnd } = input;
  input.value = text;
  if (document.activeElement === input && selectionStart !== null && selectionStart !== undefined) {
    input.setSelectionRange(Math.min(selectionStart, text.length), Math.min(selectionEnd, text.length));
  }
}

function isValid(input) {
  return input.checkValidity() && !(input.hasAttribute("data-number") && input.value === "");
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

customElements.define("ct-fields", Fields);
