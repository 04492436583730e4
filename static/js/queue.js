/** The queue's badge and its drawer. The drawer is beside the work, not over it: nothing else stops. */

import { keys } from "./keys.js";
import { fetchHtml, sendOrSay } from "./patch.js";
import { startArranging } from "./queue/arrange.js";
import { startChanging } from "./queue/change.js";
import { announce, toast } from "./toast.js";

const GATHER_MS = 200;
const NOT_OF_THE_LINE = /^take\.(?:circled|uncircled|picked|unpicked|rejected|unrejected|trashed|restored)$/;
const LINE_EVENTS = /^(?:takes?|line|budget)\./;

export function startQueue() {
  const drawer = document.getElementById("queue");
  const badge = document.getElementById("queue-badge");
  if (!drawer || !badge) return;
  const title = document.title;
  const opener = document.querySelector('[data-action="queue"]');
  let timer = 0;
  let busy = false;
  let again = false;

  const draw = async () => {
    timer = 0;
    if (busy || isHeld()) return void (again = true);
    busy = true;
    try {
      fill(await fetchHtml(`${drawer.dataset.url}${drawer.hidden ? "?badge" : ""}`));
    } catch {
      // What is shown stays; the next event draws it again.
    } finally {
      busy = false;
      freed();
    }
  };
  /** While somebody chooses, types or drags in it, the drawer stays as it is. */
  const isHeld = () => drawer.matches("[data-moving], :has(:popover-open, dialog[open], .is-dragged)");
  const freed = () => {
    if (!again || busy || isHeld()) return;
    again = false;
    later();
  };
  const later = () => (timer ||= setTimeout(draw, GATHER_MS));
  const fill = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content.getElementById("queue-badge");
    if (fresh) document.getElementById("queue-badge").replaceWith(fresh);
    if (fresh) document.title = `${fresh.hidden ? "" : `(${parseInt(fresh.textContent, 10)}) `}${title}`;
    if (drawer.hidden) return;
    if (isHeld()) return void (again = true);
    const focused = drawer.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolled = drawer.querySelector(".drawer-body")?.scrollTop ?? 0;
    drawer.replaceChildren(template.content);
    const body = drawer.querySelector(".drawer-body");
    if (body) body.scrollTop = scrolled;
    tellLocalTimes(drawer);
    if (focused) (document.getElementById(focused) ?? drawer.querySelector("button"))?.focus({ preventScroll: true });
  };
  const toggle = async () => {
    drawer.hidden = !drawer.hidden;
    opener?.setAttribute("aria-expanded", String(!drawer.hidden));
    document.body.classList.toggle("has-drawer", !drawer.hidden);
    if (drawer.hidden) return void opener?.focus();
    await draw();
    drawer.querySelector("h2")?.focus();
  };

  document.addEventListener("live:event", ({ detail: { kind } }) => LINE_EVENTS.test(kind) && !NOT_OF_THE_LINE.test(kind) && later());
  document.addEventListener("live:state", (event) => event.detail.open && later());
  document.addEventListener("live:reload", later);
  document.addEventListener("live:progress", (event) => !drawer.hidden && event.detail.forEach((step) => advance(drawer, step)));
  document.addEventListener("live:preview", (event) => !drawer.hidden && preview(drawer, event.detail));
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest('[data-action="queue"], #queue button[data-method]');
    if (!button) return;
    if (button.dataset.action === "queue") toggle();
    else act(button);
  });
  for (const over of ["toggle", "close"]) drawer.addEventListener(over, freed, true);
  drawer.addEventListener("arranged", later);
  startArranging(drawer);
  startChanging(drawer);
  keys.scope("Everywhere", document.documentElement, {
    "shift+q": { label: "Show or hide the queue", run: toggle },
  }, { pageDefault: true });
  keys.scope("Queue", drawer, { "escape": { label: "Hide the queue", run: () => (isHeld() ? false : toggle()) } });
}

async function act(button) {
  button.disabled = true;
  button.closest("[popover]")?.hidePopover();
  const done = await sendOrSay(button.dataset.method, button.dataset.url, JSON.parse(button.dataset.body ?? "{}"));
  button.disabled = false;
  if (done === undefined) return;
  button.closest("dialog")?.close();
  announce(button.dataset.said ?? "");
  if (button.dataset.undo) {
    toast(button.dataset.said, { action: { label: "Undo", run: () => sendOrSay("POST", button.dataset.undo) } });
  }
}

/** Times as the clock on this wall says them; the server only knows its own. */
function tellLocalTimes(drawer) {
  for (const time of drawer.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const day = at.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
    time.textContent = today ? clock : `${day}, ${clock}`;
  }
}

function advance(drawer, { take, done, of, phase, eta }) {
  const row = drawer.querySelector(`[data-take="${take}"]`);
  const bar = row?.querySelector("progress");
  if (!bar) return;
  bar.max = of || 1;
  bar.value = done;
  row.querySelector("[data-step]").textContent = doing(phase, done, of);
  const left = row.querySelector("[data-eta]");
  if (left && eta != null) left.textContent = inWords(eta);
}

function preview(drawer, { take, blob }) {
  const picture = drawer.querySelector(`[data-take="${take}"] img`);
  if (picture) showBlob(picture, blob);
}

/** What a running take does now: engines with steps name them in words, others count their frames. */
export function doing(phase, done, of) {
  const words = phase ? phase[0].toUpperCase() + phase.slice(1) : "";
  if (words.includes(" ") || phase === "decoding") return words;
  return done < of ? `Generating ${done} of ${of}` : "Finishing";
}

/** Seconds left, as honest as they are known. */
export function inWords(seconds) {
  if (seconds < 5) return "a few seconds left";
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

const urls = new WeakMap();

/** Puts a picture's bytes into an image and lets go of those before. */
export function showBlob(image, blob) {
  const url = URL.createObjectURL(blob);
  const old = urls.get(image);
  urls.set(image, url);
  image.src = url;
  if (old) image.addEventListener("load", () => URL.revokeObjectURL(old), { once: true });
}
