import { fetchHtml, send } from "./patch.js";
import { announce } from "./toast.js";
import { filesOf, isPicture, sendForm, showRefusal, swapIn } from "./fields-files.js";

/**
 * First, last and key frames: dropped, pasted, chosen from a file or a panel, or taken from the viewer.
 * Markup: templates/version/_guides.html.
 */
export function startGuides(fields) {
  const place = () => document.getElementById("guides");
  const url = place().dataset.url;
  const player = document.querySelector("ct-player");
  const room = document.querySelector("ct-shot-room");
  let menu = null;

  /** @param {string} kind @param {number | null} at @param {Record<string, unknown>} source a picture, a panel, or a take and frame */
  async function hold(kind, at, source) {
    refuse("");
    try {
      swapIn(await sendForm(url, { kind, at_frame: at, ...source }));
      announce("The picture is held");
    } catch (error) {
      refuse(error.message);
    }
  }

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
      swapIn(await fetchHtml(url));
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

  function dropped(event, slot) {
    const picture = filesOf(event.dataTransfer).find(isPicture);
    if (!picture) return;
    event.preventDefault();
    hold(slot.dataset.kind, frameOf(slot), { picture });
  }

  /** A pasted picture goes to the slot that has the focus, else to the first frame. */
  document.addEventListener("paste", (event) => {
    const picture = filesOf(event.clipboardData).find(isPicture);
    if (!picture || fields.closest("[hidden]")) return;
    const slot = document.activeElement?.closest(".guide");
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
    if (card?.dataset.status === "finished") {
      const text = `Frame ${player.frame} of take ${card.dataset.number}, as in the viewer`;
      popover.append(item(text, () => choose({ take: card.dataset.take, frame: player.frame })));
    }
    popover.append(fileItem(choose));
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

function fileItem(choose) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/png,image/jpeg,image/webp,image/gif,image/bmp";
  input.hidden = true;
  input.addEventListener("change", () => input.files[0] && choose({ picture: input.files[0] }));
  const row = make("div", "");
  row.append(input, item("A file…", () => input.click()));
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
