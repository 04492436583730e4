/**
 * `<ct-cut-page>`: the cut under its player: the strip of shots, their trims, and the sound below. What the server
 * says the cut is, `update()` draws; every change goes to the server first and comes back the same way.
 */

import { keys } from "./keys.js";
import { send } from "./patch.js";
import { toast } from "./toast.js";
import { Strip } from "./cut-strip.js";
import { drawWaveform } from "./waveform.js";
import "./cut-player.js";

const GATHER_MS = 150;
const AFFECTING = ["take", "shot", "shots", "scene", "sound", "draft", "panel"];
/** What happens to a take before it has a picture. */
const UNSEEN = ["take.queued", "take.started", "take.stopping", "take.failed", "take.cancelled", "take.requeued", "take.fronted"];
const SAMPLES_A_SECOND = 48000;

class CutPage extends HTMLElement {
  #cut = null;
  #selected = 0;
  #undo = [];
  #laid = "";
  #timer = 0;
  #asked = 0;
  #listening = new AbortController();
  #unbind = () => {};

  connectedCallback() {
    this.#cut = JSON.parse(this.querySelector("#cut-now").textContent);
    this.#cut.items = JSON.parse(this.querySelector("[data-part=shots] script")?.textContent ?? "[]");
    const lanes = this.querySelector(".lanes");
    if (!lanes) return this.#listen();
    this.player = this.querySelector("ct-cut-player");
    this.strip = new Strip(lanes, {
      select: (shot, frame) => this.select(shot, frame),
      seek: (frame) => this.player.seek(frame),
      trim: this.mayEdit ? (item, begin, frames) => this.trim(item, begin, frames) : null,
    });
    this.#laid = this.#cut.sound?.src ?? "";
    this.#listen();
    this.#selected = Number(new URLSearchParams(location.search).get("shot")) || this.#cut.items[0].shot;
    this.update(this.#cut);
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#unbind();
  }

  get mayEdit() {
    return this.hasAttribute("data-may-edit");
  }

  get item() {
    return this.#cut.items.find((item) => item.shot === this.#selected) ?? this.#cut.items[0];
  }

  /** Draws the cut that the server says there is now. */
  update(cut) {
    if (!this.strip || !cut.items.length) return location.reload();
    if (cut.event < this.#cut.event) return undefined;
    this.#cut = cut;
    this.player.update(cut.items);
    this.#laySound();
    this.strip.draw(cut.items, cut.frames, this.item.shot);
    this.strip.at(this.player.frame ?? 0);
    const frames = `${cut.frames} frames`;
    const temporary = cut.temporary ? ` · ${cut.temporary} not picked yet` : "";
    byId("cut-sum").textContent = `${counted(cut.items.length, "shot")} · ${cut.timecode} · ${frames}${temporary}`;
    this.#drawInspector();
    this.#drawSound();
    return undefined;
  }

  select(shot, frame) {
    this.#selected = shot;
    this.strip.select(shot);
    this.#drawInspector();
    if (frame !== undefined) this.player.seek(frame);
  }

  /** @param {{shot: number, in_frame: number, frames: number}} item @param {number} begin @param {number} frames */
  async trim(item, begin, frames) {
    const now = this.#cut.items.find((each) => each.shot === item.shot);
    if (!now || (now.in_frame === begin && now.frames === frames)) return;
    const back = { shot: now.shot, in_frame: now.in_frame, frames: now.frames };
    if (await this.#trimmed(item.shot, { in: begin, frames })) {
      this.#undo.push(back);
      toast(`${now.code} lasts ${counted(frames, "frame")} now.`, { action: { label: "Undo", run: () => this.undo() } });
    }
  }

  async undo() {
    const back = this.#undo.pop();
    if (!back) return false;
    this.select(back.shot);
    return this.#trimmed(back.shot, { in: back.in_frame, frames: back.frames });
  }

  async whole() {
    const { shot, in_frame, frames } = this.item;
    if (await this.#trimmed(shot, null)) this.#undo.push({ shot, in_frame, frames });
  }

  async #trimmed(shot, wanted) {
    const url = this.dataset.trim.replace("/0/", `/${shot}/`);
    return this.#change("trim-error", () => send(wanted ? "POST" : "DELETE", url, wanted ?? {}));
  }

  async #change(place, ask) {
    const error = byId(place);
    error.hidden = true;
    try {
      this.update(await ask());
      return true;
    } catch (refused) {
      error.textContent = refused.message;
      error.hidden = false;
      this.#drawInspector();
      return false;
    }
  }

  #listen() {
    const { signal } = this.#listening;
    document.addEventListener("live:event", (event) => this.#happened(event.detail), { signal });
    document.addEventListener("live:reload", () => this.#refetchSoon(), { signal });
    if (!this.strip) return;
    this.player.addEventListener("player:frame", (event) => this.#at(event.detail), { signal });
    document.addEventListener("click", (event) => this.#clicked(event), { signal });
    byId("trim-form").addEventListener("submit", (event) => this.#submitTrim(event), { signal });
    byId("sound-form")?.addEventListener("submit", (event) => this.#submitSound(event), { signal });
    byId("sound-file")?.addEventListener("change", (event) => this.#layFile(event.target), { signal });
    window.addEventListener("resize", () => this.#drawSound(), { signal });
    this.#unbind = keys.scope("Cut", this, this.#keys(), { pageDefault: true });
  }

  #keys() {
    const editing = {
      q: { label: "Trim head to playhead", run: () => this.#toPlayhead("head") },
      w: { label: "Trim tail to playhead", run: () => this.#toPlayhead("tail") },
      "ctrl+z": { label: "Undo the last trim", run: () => (this.#undo.length ? void this.undo() : false) },
    };
    return {
      ...(this.mayEdit ? editing : {}),
      "+ =": { label: "Zoom in", run: () => this.#zoom(1.5) },
      "-": { label: "Zoom out", run: () => this.#zoom(1 / 1.5) },
      "shift+z": { label: "Fit the whole cut", run: () => this.#zoom(0) },
    };
  }

  #clicked(event) {
    const what = event.target instanceof Element && event.target.closest("[data-cut]")?.dataset.cut;
    const acts = {
      in: () => this.#zoom(1.5),
      out: () => this.#zoom(1 / 1.5),
      fit: () => this.#zoom(0),
      head: () => this.#toPlayhead("head"),
      tail: () => this.#toPlayhead("tail"),
      whole: () => this.whole(),
      silence: () => this.#change("sound-error", () => send("DELETE", this.dataset.sound)),
    };
    if (what) acts[what]?.();
  }

  #zoom(by) {
    this.strip.zoom(by);
    this.#drawSound();
  }

  #at({ frame }) {
    this.strip.at(frame);
    const under = this.#cut.items.findLast((item) => item.start <= frame);
    if (under && under.shot !== this.#selected && !this.#isWriting()) this.select(under.shot);
  }

  #isWriting() {
    return byId("trim-form").contains(document.activeElement) && document.activeElement.matches("input");
  }

  /** The player read its sound when it was drawn; this one may be another, softer or later. */
  #laySound() {
    const { sound, rate } = this.#cut;
    const audio = this.player.sound;
    this.player.reel.clock.offset = sound ? (sound.offset * rate[1]) / rate[0] : 0;
    if (sound) audio.volume = Math.min(1, sound.gain);
    if ((sound?.src ?? "") === this.#laid) return;
    this.#laid = sound?.src ?? "";
    if (sound) audio.src = sound.src;
    else audio.removeAttribute("src");
  }

  /** What one sees is what one keeps: the frame under the playhead becomes the first, or stays the last. */
  #toPlayhead(end) {
    const frame = this.player.frame;
    const item = this.#cut.items.findLast((each) => each.start <= frame);
    const into = frame - item.start;
    this.select(item.shot);
    if (end === "tail") this.trim(item, item.in_frame, into + 1);
    else if (into) this.trim(item, item.in_frame + into, item.frames - into);
  }

  #submitTrim(event) {
    event.preventDefault();
    this.trim(this.item, Number(byId("trim-in").value), Number(byId("trim-frames").value));
  }

  #submitSound(event) {
    event.preventDefault();
    const wanted = { gain_db: Number(byId("sound-gain").value), offset: Number(byId("sound-offset").value) };
    this.#change("sound-error", () => send("POST", this.dataset.sound, wanted));
  }

  async #layFile(field) {
    const [file] = field.files;
    if (!file) return;
    const choose = byId("sound-choose");
    const words = choose.textContent;
    choose.textContent = "Reading…";
    await this.#change("sound-error", () => upload(this.dataset.sound, file));
    choose.textContent = words;
    field.value = "";
  }

  #happened({ kind }) {
    if (AFFECTING.includes(kind.split(".")[0]) && !UNSEEN.includes(kind)) this.#refetchSoon();
  }

  #refetchSoon() {
    this.#timer ||= setTimeout(() => this.#refetch(), GATHER_MS);
  }

  async #refetch() {
    this.#timer = 0;
    const asked = (this.#asked += 1);
    try {
      const answer = await fetch(this.dataset.items, { headers: { Accept: "application/json" } });
      if (answer.ok && asked === this.#asked) this.update(await answer.json());
    } catch {
      // What is shown stays; the next event asks again.
    }
  }

  #drawInspector() {
    const { item } = this;
    byId("trim-code").textContent = item.code;
    byId("trim-heading").textContent = [item.scene, item.heading].filter(Boolean).join(" · ");
    byId("trim-line").textContent = item.line;
    byId("trim-room").href = item.room;
    const state = byId("trim-state");
    state.className = `state is-${item.shows}`;
    state.textContent = item.number ? `take ${item.number}, ${SHOWS[item.shows]}` : SHOWS[item.shows];
    if (document.activeElement !== byId("trim-in")) byId("trim-in").value = item.in_frame;
    if (document.activeElement !== byId("trim-frames")) byId("trim-frames").value = item.frames;
    byId("trim-in").max = Math.max(0, item.source_frames - 1);
    const left = item.source_frames - item.in_frame;
    const holds = item.source_frames > 0 && left < item.frames;
    const clip = item.source_frames ? `The take has ${counted(item.source_frames, "frame")}.` : "Nothing moves here yet.";
    byId("trim-source").textContent = holds ? `${clip} Its last one is held for ${counted(item.frames - left, "frame")}.` : clip;
  }

  #drawSound() {
    const { sound, frames, rate } = this.#cut;
    const lane = this.querySelector(".lane.sound");
    lane.hidden = !sound;
    byId("sound-laid").textContent = sound ? sound.name || "A sound lies under the cut." : "No sound lies under the cut.";
    const form = byId("sound-form");
    if (form) {
      form.hidden = !sound;
      byId("sound-choose").textContent = sound ? "Choose another" : "Choose a sound";
    }
    if (!sound) return;
    lane.querySelector(".sound-name").textContent = sound.name;
    const length = (sound.samples * rate[0]) / (SAMPLES_A_SECOND * rate[1]);
    drawWaveform(lane.querySelector("canvas"), sound, length, frames);
    for (const [id, value] of [["sound-gain", sound.gainDb], ["sound-offset", sound.offset]]) {
      const field = byId(id);
      if (field && field !== document.activeElement) field.value = value;
    }
  }
}

const SHOWS = {
  pick: "in the cut",
  circled: "circled, not picked",
  take: "newest, not judged",
  panel: "a panel",
  card: "a card with its line",
};

async function upload(url, file) {
  const form = new FormData();
  form.set("file", file);
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { "Accept": "application/json", "X-CSRFToken": token };
  const answer = await fetch(url, { method: "POST", body: form, headers }).catch(() => {
    throw new Error("The server did not answer, so the sound was not laid. Try again when the line is back.");
  });
  const said = await answer.json().catch(() => ({ error: `The server could not take this (${answer.status}).` }));
  if (!answer.ok) throw new Error(said.error);
  return said;
}

function counted(number, noun) {
  return number === 1 ? `${number} ${noun}` : `${number} ${noun}s`;
}

function byId(id) {
  return document.getElementById(id);
}

customElements.define("ct-cut-page", CutPage);
