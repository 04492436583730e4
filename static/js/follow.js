/**
 * Elements that follow the log: `<div id="…" data-follow="shot-7 comment" data-url="/…/">` is fetched again and swapped
 * when an event is about one of those names. An event about take 9 of shot 7 of kind `comment.made` goes by `shot-7`,
 * `take-9`, `comment.made`, `comment` and `any`.
 *
 * One request an element at a time. An element in which somebody is writing waits until they are done.
 */

import { fetchHtml } from "./patch.js";

const GATHER_MS = 120;
const waiting = new Set();
const busy = new Set();
let timer = 0;

export function startFollowing() {
  document.addEventListener("live:event", (event) => mark(namesOf(event.detail)));
  document.addEventListener("live:reload", (event) => replaceAll(event.detail.page));
  document.addEventListener("focusout", () => waiting.size && later());
}

/** Fetches an element's content again, as if an event had named it. */
export function refresh(element) {
  waiting.add(element);
  later();
}

export function namesOf({ kind, shot, take }) {
  return new Set([`shot-${shot}`, `take-${take}`, kind, kind.split(".")[0], "any"]);
}

function mark(names) {
  for (const element of document.querySelectorAll("[data-follow]")) {
    if (element.dataset.follow.split(" ").some((name) => names.has(name))) waiting.add(element);
  }
  if (waiting.size) later();
}

function later() {
  timer ||= setTimeout(fetchWaiting, GATHER_MS);
}

function fetchWaiting() {
  timer = 0;
  for (const element of waiting) {
    if (!element.isConnected) waiting.delete(element);
    else if (!busy.has(element) && !isBeingWritten(element)) fetchOne(element);
  }
}

async function fetchOne(element) {
  waiting.delete(element);
  busy.add(element);
  try {
    swap(element, await fetchHtml(element.dataset.url));
  } catch {
    // What is shown stays; the next event or reconnection fetches again.
  } finally {
    busy.delete(element);
    if (waiting.size) later();
  }
}

function swap(element, html) {
  if (!element.isConnected) return;
  if (isBeingWritten(element)) return void waiting.add(element);
  const scrolled = element.scrollTop;
  const focused = element.contains(document.activeElement) ? pathTo(document.activeElement) : null;
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.firstElementChild;
  if (fresh && element.id && fresh.id === element.id) {
    element.replaceWith(fresh);
    settle(fresh, scrolled, focused);
  } else {
    element.replaceChildren(template.content);
    settle(element, scrolled, focused);
  }
}

function settle(element, scrolled, focused) {
  globalThis.htmx?.process(element);
  element.scrollTop = scrolled;
  if (focused) (element.querySelector(focused) ?? element).focus({ preventScroll: true });
  element.dispatchEvent(new CustomEvent("live:swapped", { bubbles: true }));
}

function replaceAll(page) {
  for (const element of document.querySelectorAll("[data-follow][id], [data-region][id]")) {
    const fresh = page.getElementById(element.id);
    if (fresh && !element.hasAttribute("data-own-reload")) swap(element, fresh.outerHTML);
  }
}

function isBeingWritten(element) {
  const field = document.activeElement;
  const inside = element.contains(field) && field.matches("textarea, input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit]), [contenteditable]");
  return inside || element.matches("[data-dirty]") || element.querySelector("[data-dirty]") !== null;
}

/** How to find the focused thing again in fresh markup: by id, by name, or by what it does. */
function pathTo(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  for (const name of ["name", "data-action", "href", "aria-label"]) {
    if (element.hasAttribute(name)) return `[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  }
  return null;
}
