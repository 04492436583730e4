/** A board without shots: drop a script anywhere, or begin with one scene. Fills itself once somebody brings shots in. */

import { sendOrSay } from "../patch.js";

export function startEmptyBoard() {
  document.addEventListener("live:event", ({ detail }) => /^(?:draft\.imported|scene\.|shot\.)/.test(detail.kind) && location.reload());
  const zone = document.getElementById("dropzone");
  if (!zone) return;
  const file = zone.querySelector("input[type=file]");
  const text = zone.querySelector("textarea");
  file.addEventListener("change", () => file.files.length && zone.requestSubmit());
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? zone.classList.remove("is-over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    if (event.dataTransfer.files.length) file.files = event.dataTransfer.files;
    else text.value = event.dataTransfer.getData("text/plain");
    zone.requestSubmit();
  });
  document.getElementById("first-scene").addEventListener("submit", async (event) => {
    event.preventDefault();
    const heading = new FormData(event.target).get("heading");
    const made = await sendOrSay("POST", `/p/${document.body.dataset.project}/scenes/`, { heading });
    if (made) location.reload();
  });
}
