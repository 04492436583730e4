/** Who has the project open, in the top bar; pages may read each person's shot from `data-shot`. */

import { fetchHtml } from "./patch.js";

const GATHER_MS = 250;

export function startPresence() {
  const place = document.getElementById("presence");
  if (!place) return;
  let timer = 0;
  const look = () => {
    timer ||= setTimeout(async () => {
      timer = 0;
      try {
        place.innerHTML = await fetchHtml(place.dataset.url);
        document.dispatchEvent(new CustomEvent("presence:changed", { detail: place }));
      } catch {
        // Who is here is asked again with the next coming or going.
      }
    }, GATHER_MS);
  };
  document.addEventListener("live:here", look);
  document.addEventListener("live:state", (event) => event.detail.open && look());
}
