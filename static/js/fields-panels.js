import { fetchHtml, send } from "./patch.js";
import { sendForm, showRefusal, swapIn } from "./fields-files.js";

/** Pictures for the shot: added, named, held, ordered, removed. Markup: templates/panel/_list.html. */
export function startPanels(fields) {
  const place = () => document.getElementById("panels");

  async function add(files) {
    await attempt(async () => swapIn(await sendForm(place().dataset.url, { pictures: files })));
  }

  async function attempt(act) {
    refuse("");
    try {
      await act();
    } catch (error) {
      await refresh();
      refuse(error.message);
    }
  }

  function refuse(message) {
    showRefusal(place().querySelector("[data-part=panel-refused]"), message);
  }

  async function refresh() {
    if (place().contains(document.activeElement) && document.activeElement.matches(".field")) return;
    try {
      swapIn(await fetchHtml(place().dataset.url));
    } catch {
      // What is shown stays; the next event fetches again.
    }
  }

  function change(row, data) {
    return attempt(async () => {
      await send("PATCH", row.dataset.url, data);
      await refresh();
    });
  }

  fields.addEventListener("fields:pictures", ({ detail }) => add(detail));
  fields.addEventListener("change", ({ target }) => {
    const row = target.closest("[data-panel]");
    if (target.matches("[data-add-panels]") && target.files.length) add([...target.files]);
    else if (row && target.dataset.panelField) change(row, { [target.dataset.panelField]: target.value });
  });
  fields.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("[data-panel-move], [data-panel-remove]");
    const row = button && button.closest("[data-panel]");
    if (!row) return;
    if (button.dataset.panelMove) change(row, { after: behind(row, button.dataset.panelMove) });
    else attempt(async () => {
      await send("DELETE", row.dataset.url);
      await refresh();
    });
  });
  document.addEventListener("live:event", ({ detail }) => {
    if (detail.shot === fields.shot && detail.kind.startsWith("panel.")) refresh();
  });
}

/** The id of the panel that this one is to stand behind; 0 for the front. */
function behind(row, way) {
  const other = way === "up" ? row.previousElementSibling?.previousElementSibling : row.nextElementSibling;
  return Number(other?.dataset.panel ?? 0);
}
