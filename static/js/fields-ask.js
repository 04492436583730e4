import { keys } from "./keys.js";
import { fetchHtml, newKey, send } from "./patch.js";
import { announce, toast } from "./toast.js";
import { filesOf, isPicture, sendForm, showRefusal } from "./fields-files.js";

/**
 * Generate, and recipes dropped on the panel. Everything written is saved before anything is asked, and a press while
 * the last is on its way asks nothing more.
 */
export function startAsking(fields) {
  const button = fields.querySelector("[data-part=generate]");
  const refused = fields.querySelector("[data-part=refused]");
  let key = null;

  async function generate() {
    if (key) return;
    key = newKey();
    button.disabled = true;
    showRefusal(refused, "");
    try {
      await fields.saved();
      const { numbers } = await send("POST", fields.dataset.generate, { ...asked(fields), key });
      announce(`Take ${numbers.join(", ")} in the queue`);
      document.dispatchEvent(new CustomEvent("fields:asked"));
    } catch (error) {
      showRefusal(refused, error.message);
    } finally {
      key = null;
      button.disabled = false;
    }
  }

  button.addEventListener("click", generate);
  const generating = { "ctrl+enter": { label: "Generate", whileTyping: true, run: () => void generate() } };
  keys.scope("Ask", document.documentElement, generating, { pageDefault: true });
  startDropping(fields, refused);
  startAdvising(fields);
  startHearing(fields);
  catchUp(fields.querySelector("[data-part=engine]"), fields.querySelector("[data-part=handles]"));
  return { generate };
}

/** What was chosen before this ran, or by a browser that brought the form back, is not what the page speaks of yet. */
function catchUp(engine, handles) {
  const shown = [...engine.options].find(({ defaultSelected }) => defaultSelected) ?? engine.options[0];
  const changed = shown && !shown.selected ? engine : handles.value !== handles.defaultValue ? handles : null;
  changed?.dispatchEvent(new Event("change", { bubbles: true }));
}

function asked(fields) {
  const seed = fields.querySelector("[data-part=seed]").value.trim();
  return {
    count: fields.querySelector("[data-part=count]").value,
    engine: fields.querySelector("[data-part=engine]").value,
    profile: fields.querySelector("[data-part=profile]")?.value ?? "",
    finish: fields.querySelector("[data-part=finish]")?.checked === true,
    handles: fields.querySelector("[data-part=handles]").value || "0",
    without: [...fields.querySelectorAll(".guide.is-held.is-unheeded")].map(({ dataset }) => dataset.kind),
    audition: fields.querySelector("[data-part=audition]")?.checked === true,
    ...(seed ? { seed } : {}),
  };
}

/** What the chosen engine would make of this shot, said below it. */
function startAdvising(fields) {
  const select = fields.querySelector("[data-part=engine]");
  const handles = fields.querySelector("[data-part=handles]");
  const advice = fields.querySelector("[data-part=advice]");
  async function advise() {
    const asked = new URLSearchParams({ engine: select.value, handles: handles.value || "0" }).toString();
    const html = await fetchHtml(`${advice.dataset.url}?${asked}`);
    if (asked !== new URLSearchParams({ engine: select.value, handles: handles.value || "0" }).toString()) return;
    advice.innerHTML = html;
    fields.dispatchEvent(new CustomEvent("fields:advised"));
  }
  select?.addEventListener("change", advise);
  handles?.addEventListener("change", advise);
}

/** What the chosen engine hears of the words as they are saved, said below them; the newest answer stands. */
function startHearing(fields) {
  const select = fields.querySelector("[data-part=engine]");
  const place = fields.querySelector("[data-part=hearing]");
  let asked = 0;
  async function hear() {
    const mine = (asked += 1);
    try {
      const html = await fetchHtml(`${place.dataset.url}?${new URLSearchParams({ engine: select.value })}`);
      if (mine === asked && html.trim() !== place.innerHTML.trim()) place.innerHTML = html;
    } catch {
      // What is said stays; the next change asks again.
    }
  }
  select.addEventListener("change", hear);
  fields.addEventListener("fields:agreed", hear);
}

/** A take's movie or recipe file dropped anywhere on the panel becomes what the shot asks for. */
function startDropping(fields, refused) {
  const pane = fields.closest(".room-pane") ?? fields;
  pane.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    fields.classList.add("is-target");
  });
  pane.addEventListener("dragleave", (event) => {
    if (!pane.contains(event.relatedTarget)) fields.classList.remove("is-target");
  });
  pane.addEventListener("drop", async (event) => {
    fields.classList.remove("is-target");
    const files = filesOf(event.dataTransfer);
    if (event.defaultPrevented || !files.length) return;
    event.preventDefault();
    if (files.every(isPicture)) {
      fields.dispatchEvent(new CustomEvent("fields:pictures", { detail: files }));
      return;
    }
    await load(fields, refused, files[0]);
  });
}

async function load(fields, refused, file) {
  showRefusal(refused, "");
  try {
    await fields.saved();
    const { seed, missing, engine } = await sendForm(fields.dataset.load, { file });
    fields.querySelector("[data-part=seed]").value = String(seed);
    chooseEngine(fields.querySelector("[data-part=engine]"), engine);
    await fields.catchUp();
    const lacking = missing.length ? ` Not taken over: ${missing.join(", ")}.` : "";
    toast(`The recipe of ${file.name} is loaded; what was asked before is in the history.${lacking}`);
  } catch (error) {
    showRefusal(refused, error.message);
  }
}

function chooseEngine(select, engine) {
  const found = [...select.options].find(({ value }) => value === engine || value.startsWith(`${engine}:`));
  if (!found || select.value === found.value) return;
  select.value = found.value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}
