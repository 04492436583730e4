/** Ctrl K: find a shot, a page or an action by a few letters. Pages add their own with `offer`. */

const offers = [];

/** @param {() => {label: string, hint?: string, run: () => unknown}[]} list called each time the palette opens */
export function offer(list) {
  offers.push(list);
}

export function openPalette() {
  if (document.querySelector("dialog.palette[open]")) return;
  const palette = drawPalette([...pages(), ...offers.flatMap((list) => list())]);
  document.body.append(palette);
  palette.addEventListener("close", () => palette.remove());
  palette.showModal();
}

function pages() {
  return [...document.querySelectorAll(".tabs a, #project-menu a")].map((link) => ({
    label: link.textContent.trim(),
    hint: "Page",
    run: () => link.click(),
  }));
}

function drawPalette(entries) {
  const palette = document.createElement("dialog");
  palette.className = "dialog palette";
  palette.setAttribute("aria-label", "Find and run");
  palette.innerHTML =
    '<input class="field is-large" type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label="Find a shot, a page or an action" placeholder="Find a shot, a page or an action" autocomplete="off" spellcheck="false">' +
    '<ul id="palette-list" role="listbox" aria-label="Found"></ul>';
  const field = palette.querySelector("input");
  const list = palette.querySelector("ul");
  let found = [];
  let at = 0;

  const show = () => {
    found = search(entries, field.value).slice(0, 12);
    at = 0;
    list.replaceChildren(...found.map((entry, index) => drawEntry(entry, index)));
    mark();
  };
  const mark = () => {
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    const current = list.children[at];
    if (current) field.setAttribute("aria-activedescendant", current.id);
    else field.removeAttribute("aria-activedescendant");
    current?.scrollIntoView({ block: "nearest" });
  };
  const run = (entry) => {
    palette.close();
    entry?.run();
  };
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) at = (at + step + found.length) % found.length;
    else if (event.key === "Enter") run(found[at]);
    else return;
    event.preventDefault();
    mark();
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) run(found[[...list.children].indexOf(item)]);
  });
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
  show();
  return palette;
}

function drawEntry({ label, hint = "" }, index) {
  const item = document.createElement("li");
  item.id = `palette-${index}`;
  item.setAttribute("role", "option");
  const name = document.createElement("span");
  name.textContent = label;
  const kind = document.createElement("small");
  kind.textContent = hint;
  item.append(name, kind);
  return item;
}

/** Every word must occur; what holds them as they were typed comes first, and first of all what begins with them. */
function search(entries, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return entries;
  const hits = entries.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  const phrase = words.join(" ");
  const rank = ({ label }) => (label.toLowerCase().startsWith(phrase) ? 2 : Number(label.toLowerCase().includes(phrase)));
  return hits.sort((a, b) => rank(b) - rank(a));
}
