import { fetchHtml, send } from "./patch.js";
import { announce } from "./toast.js";
import { filesOf, isClip, isPicture, sendForm, showRefusal, swapIn } from "./fields-files.js";

const CLIPS = new Set(["depth", "motion", "keep"]);
const EITHER = "mask";
const DRAWN = { depth: ["depth"], motion: ["poses", "pictures"], keep: ["pictures"], mask: ["figures", "set"] };
const SENT = { depth: "A clip of depth…", motion: "A clip…", keep: "A clip…", mask: "A clip or a picture, white what is made anew…" };
const MOVIES = "video/*,.mkv";
const PICTURES = "image/png,image/jpeg,image/webp,image/gif,image/bmp";

/**
 * First, last and key frames and a reference: dropped, pasted, chosen from a file or a panel, or taken from the viewer.
 * Depth, motion and a kept clip: a clip dropped or chosen, or drawn from blocking; a take in the viewer is kept whole.
 * A mask: a clip, a picture, or the figures of blocking.
 * Markup: templates/version/_guides.html.
 */
export function startGuides(fields) {
  const place = () => document.getElementById("guides");
  const url = place().dataset.url;
  const player = document.querySelector("ct-player");
  const room = document.querySelector("ct-shot-room");
  let menu = null;
  let progress = "";

  /** @param {string} kind @param {number | null} at @param {Record<string, unknown>} source a picture, a panel, or a take and frame */
  async function hold(kind, at, source) {
    refuse("");
    const isSent = Boolean(source.clip);
    if (source.clip || source.blocking) showProgress(isSent ? "Sending the clip" : "Drawing from blocking");
    const sending = (share) => showProgress(share < 1 ? `Sending the clip, ${Math.round(100 * share)} %` : "Preparing the clip");
    try {
      await fields.saved();
      show(await sendForm(url, { kind, at_frame: at, ...source }, isSent ? sending : null));
      announce(source.clip || source.blocking || CLIPS.has(kind) ? "The clip is held" : "The picture is held");
      place().querySelector(`[data-kind="${kind}"] button`)?.focus({ preventScroll: true });
    } catch (error) {
      refuse(error.message);
    } finally {
      showProgress("");
    }
  }

  function show(html) {
    swapIn(html);
    sayProgress();
    sayUnheeded();
  }

  function showProgress(text) {
    progress = text;
    sayProgress();
  }

  function sayProgress() {
    const said = place().querySelector("[data-part=guide-progress]");
    if (!said) return;
    if (said.textContent !== progress) said.textContent = progress;
    said.hidden = !progress;
  }

  /** What the chosen engine does not follow is greyed and keeps what it holds; why is said where something is held. */
  function sayUnheeded() {
    const list = place().querySelector("[data-part=unheeded]");
    list.replaceChildren();
    for (const slot of place().querySelectorAll(".guide")) {
      const off = fields.querySelector(`.ask-honours .is-off[data-kind="${slot.dataset.kind}"]`);
      slot.classList.toggle("is-unheeded", Boolean(off));
      slot.title = off?.title ?? "";
      if (off && slot.classList.contains("is-held")) list.append(make("li", "", `Left out: ${off.title}`));
    }
    list.hidden = !list.children.length;
  }

  fields.addEventListener("fields:advised", sayUnheeded);
  sayUnheeded();
  document.addEventListener("live:progress", ({ detail }) => {
    const step = detail.find(({ guide, shot }) => guide && shot === fields.shot);
    if (!step || !progress) return;
    showProgress(step.of ? `Drawing from blocking, frame ${step.done} of ${step.of}` : `Preparing the clip, ${step.done} frames`);
  });

  async function drop(address) {
    refuse("");
    try {
      await send("DELETE", address);
    } catch (error) {
      refuse(error.message);
    }
    await refresh();
  }

  async function refresh() {
    try {
      show(await fetchHtml(url));
    } catch {
      // What is shown stays; the next event fetches again.
    }
  }

  function refuse(message) {
    showRefusal(place().querySelector("[data-part=guide-refused]"), message);
  }

  fields.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-add-guide], [data-drop]");
    if (!button) return;
    if (button.dataset.drop) drop(button.dataset.drop);
    else open(button);
  });

  for (const name of ["dragover", "dragleave", "drop"]) {
    fields.addEventListener(name, (event) => {
      const slot = event.target instanceof Element && event.target.closest(".guide");
      if (!slot) return;
      slot.classList.toggle("is-target", name === "dragover");
      if (name === "dragover") event.preventDefault();
      if (name === "drop") dropped(event, slot);
    });
  }

  fields.addEventListener("pointermove", ({ target, clientX, pointerType }) => {
    const strip = pointerType !== "touch" && target instanceof Element && target.closest(".guide-picture")?.querySelector(".guide-scrub");
    if (strip) scrub(strip, clientX);
  });

  function dropped(event, slot) {
    const { kind } = slot.dataset;
    const takes = kind === EITHER ? (file) => isClip(file) || isPicture(file) : CLIPS.has(kind) ? isClip : isPicture;
    const file = filesOf(event.dataTransfer).find(takes);
    if (!file) return;
    event.preventDefault();
    hold(kind, frameOf(slot), asSource(kind, file));
  }

  /** A pasted picture goes to the slot that has the focus, else to the first frame. */
  document.addEventListener("paste", (event) => {
    const picture = filesOf(event.clipboardData).find(isPicture);
    if (!picture || fields.closest("[hidden]")) return;
    const focused = document.activeElement?.closest(".guide");
    const slot = CLIPS.has(focused?.dataset.kind) ? null : focused;
    if (!slot && document.activeElement?.closest("input, textarea")) return;
    event.preventDefault();
    hold(slot?.dataset.kind ?? "first", slot ? frameOf(slot) : 0, { picture });
  });

  function frameOf(slot) {
    return slot.dataset.at === "" ? player.frame : Number(slot.dataset.at);
  }

  function open(button) {
    menu?.remove();
    menu = drawMenu(button.dataset.addGuide);
    document.body.append(menu);
    menu.showPopover();
    const { left, bottom } = button.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(bottom + 4, innerHeight - height - 8))}px`;
    menu.querySelector("button, input")?.focus();
  }

  function drawMenu(kind) {
    const popover = make("div", "menu guide-menu");
    popover.popover = "auto";
    popover.addEventListener("toggle", (event) => event.newState === "closed" && popover.remove());
    const at = kind === "key" ? keyField(popover) : () => null;
    const choose = (source) => {
      const frame = at();
      popover.hidePopover();
      hold(kind, frame, source);
    };
    const card = room?.card;
    if (kind in DRAWN) {
      if (kind === "keep" && card?.dataset.status === "finished") {
        popover.append(item(`Take ${card.dataset.number}, as in the viewer`, () => choose({ take: card.dataset.take })));
      }
      popover.append(fileItem((file) => choose(asSource(kind, file)), kind === EITHER ? `${MOVIES},${PICTURES}` : MOVIES, SENT[kind]));
      if (kind === "depth") popover.append(ofPictures((file) => choose({ clip: file, pictures: 1 }), place().dataset.noDepth));
      const take = card?.dataset.engine === "blocking" && card.dataset.status === "finished" ? card.dataset.take : null;
      const from = take ? `blocking, take ${card.dataset.number}` : "blocking";
      for (const drawn of DRAWN[kind]) {
        popover.append(item(`${drawn[0].toUpperCase()}${drawn.slice(1)} of ${from}`, () => choose({ blocking: drawn, take })));
      }
      return popover;
    }
    if (card?.dataset.status === "finished") {
      const text = `Frame ${player.frame} of take ${card.dataset.number}, as in the viewer`;
      popover.append(item(text, () => choose({ take: card.dataset.take, frame: player.frame })));
    }
    popover.append(fileItem((file) => choose({ picture: file }), PICTURES, "A file…"));
    const panels = [...document.querySelectorAll("#panels [data-panel]")];
    if (panels.length) popover.append(panelRow(panels, choose));
    return popover;
  }

  function keyField(popover) {
    const row = make("label", "guide-at", "At frame ");
    const input = document.createElement("input");
    input.className = "field";
    input.type = "number";
    input.min = "0";
    input.max = String(Number(fields.querySelector("[name=frames]").value) - 1);
    input.value = String(Math.min(Number(input.max), Math.round(Number(input.max) / 2)));
    row.append(input);
    popover.append(row);
    return () => Number(input.value);
  }

  return { hold, refresh };
}

/** @param {string} kind @param {File} file */
function asSource(kind, file) {
  return kind in DRAWN && !(kind === EITHER && isPicture(file)) ? { clip: file } : { picture: file };
}

/** The tile under the pointer, out of the row of tiles. */
function scrub(strip, x) {
  const { left, width } = strip.getBoundingClientRect();
  const tiles = Number(strip.dataset.tiles);
  const tile = Math.max(0, Math.min(tiles - 1, Math.floor(((x - left) / width) * tiles)));
  strip.style.backgroundImage = `url("${strip.dataset.strip}")`;
  strip.style.backgroundSize = `${tiles * 100}% 100%`;
  strip.style.backgroundPositionX = tiles > 1 ? `${(tile / (tiles - 1)) * 100}%` : "0";
}

function fileItem(choose, accept, text) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = accept;
  input.hidden = true;
  input.addEventListener("change", () => input.files[0] && choose(input.files[0]));
  const row = make("div", "");
  row.append(input, item(text, () => input.click()));
  return row;
}

/** A clip of pictures, in which a model finds depth; greyed, with the reason, where there is none. */
function ofPictures(choose, why) {
  const row = fileItem(choose, MOVIES, "Depth found in a clip of pictures…");
  const button = row.querySelector("button");
  button.disabled = Boolean(why);
  if (!why) return row;
  const reason = make("p", "hint guide-why", why);
  reason.id = "no-depth-model";
  button.setAttribute("aria-describedby", reason.id);
  row.append(reason);
  return row;
}

function panelRow(panels, choose) {
  const row = make("div", "guide-panels");
  row.append(make("p", "menu-title", "A panel"));
  for (const panel of panels) {
    const button = item("", () => choose({ panel: panel.dataset.panel }));
    const picture = panel.querySelector("img").cloneNode();
    button.append(picture);
    button.setAttribute("aria-label", picture.alt);
    row.append(button);
  }
  return row;
}

function item(text, run) {
  const button = make("button", "", text);
  button.type = "button";
  button.addEventListener("click", run);
  return button;
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
