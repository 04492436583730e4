/** The drawer's dialogs: what a waiting take is made from, by when things are needed, the budget. */

import { fetchHtml, send } from "../patch.js";
import { announce, toast } from "../toast.js";

export function startChanging(drawer) {
  drawer.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-opens], [data-closes], [data-change]");
    if (!button) return;
    if (button.dataset.change) change(drawer, button.dataset.change);
    else if (button.dataset.opens) open(document.getElementById(button.dataset.opens));
    else button.closest("dialog").close();
  });
  drawer.addEventListener("submit", (event) => {
    event.preventDefault();
    save(event.target);
  });
  drawer.addEventListener("change", (event) => event.target.matches("[name=engine]") && fit(event.target.form));
}

function open(dialog) {
  for (const field of dialog.querySelectorAll("[data-moment][data-at]")) field.value = local(new Date(field.dataset.at));
  dialog.showModal();
}

async function change(drawer, url) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "change-title");
  try {
    dialog.innerHTML = await fetchHtml(url);
  } catch (error) {
    return void toast(error.message, { error: true });
  }
  drawer.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  fit(dialog.querySelector("form"));
  open(dialog);
}

/** Shows only what the chosen engine can do. */
function fit(form) {
  const engine = form.elements.namedItem("engine")?.selectedOptions[0];
  if (!engine) return;
  for (const needs of form.querySelectorAll("[data-needs]")) {
    needs.hidden = !engine.dataset[needs.dataset.needs];
    if (needs.hidden && needs.selected) needs.parentElement.selectedIndex = 0;
  }
}

async function save(form) {
  const refused = form.querySelector(".form-error");
  const saving = form.querySelector(".is-primary");
  saving.disabled = true;
  try {
    await send(form.dataset.method, form.dataset.url, values(form));
    form.closest("dialog").close();
    announce(form.dataset.said);
  } catch (error) {
    if (!refused) return void toast(error.message, { error: true });
    refused.textContent = error.message;
    refused.hidden = false;
  } finally {
    saving.disabled = false;
  }
}

/** What was filled in and is shown; a moment goes out with its offset, so that the server need not know where this is. */
function values(form) {
  /** @type {Record<string, unknown>} */
  const data = {};
  for (const field of form.elements) {
    if (!field.name || field.closest("[hidden]")) continue;
    if (field.type === "checkbox") data[field.name] = field.checked;
    else if ("moment" in field.dataset) data[field.name] = field.value ? new Date(field.value).toISOString() : "";
    else data[field.name] = "number" in field.dataset && field.value ? Number(field.value) : field.value;
  }
  return data;
}

function local(at) {
  const pad = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}`;
}
