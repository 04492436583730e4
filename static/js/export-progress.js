/** Moves the bars of exports that run, between the events that draw their rows anew. */

document.addEventListener("live:progress", (event) => {
  for (const { export: id, done, of } of event.detail) {
    const row = id && document.getElementById(`export-${id}`);
    const bar = row?.querySelector("progress");
    if (!bar) continue;
    bar.max = of;
    bar.value = done;
    row.querySelector("[data-part=said]").textContent = `${done} of ${of} frames`;
  }
});
