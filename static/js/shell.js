/** What every page has: the live socket, who is here, the queue's badge and drawer, and the frame's own buttons. */

import { startFollowing } from "./follow.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { startPresence } from "./presence.js";
import { startQueue } from "./queue.js";
import { openPalette } from "./palette.js";

const YEAR = 60 * 60 * 24 * 365;

const ACTIONS = {
  palette: openPalette,
  back: () => history.back(),
  theme: () => {
    const light = document.documentElement.dataset.theme !== "light";
    document.documentElement.dataset.theme = light ? "light" : "dark";
    remember("theme", light ? "light" : "dark");
  },
  rail: () => {
    const shell = document.querySelector(".shell");
    const closed = shell.dataset.rail !== "closed";
    shell.dataset.rail = closed ? "closed" : "open";
    remember("rail", shell.dataset.rail);
  },
};

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-action]");
  if (button) ACTIONS[button.dataset.action]?.(button);
});

document.addEventListener("live:state", (event) => {
  const place = document.getElementById("line-state");
  if (place) place.hidden = event.detail.open;
});

keys.scope("Everywhere", document.documentElement, {
  "ctrl+k": { label: "Find a shot, a page or an action", run: openPalette, whileTyping: true },
}, { pageDefault: true });

startFollowing();
startPresence();
startQueue();
live.start();

function remember(name, value) {
  document.cookie = `${name}=${value};path=/;max-age=${YEAR};samesite=lax`;
}
