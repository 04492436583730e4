/** Short notices in the corner: what was done and how to undo it, or what went wrong and stays until closed. */

const LASTS_MS = 7000;
const MOST = 3;

/**
 * @param {string} text
 * @param {{error?: boolean, action?: {label: string, run: () => unknown}}} [options]
 * @returns {() => void} takes the notice away
 */
export function toast(text, { error = false, action } = {}) {
  const home = document.getElementById("toasts");
  const note = document.createElement("div");
  note.className = error ? "toast is-error" : "toast";
  note.setAttribute("role", error ? "alert" : "status");
  const words = document.createElement("p");
  words.textContent = text;
  note.append(words);
  const dismiss = () => {
    clearTimeout(timer);
    note.remove();
    if (!home.childElementCount && home.matches(":popover-open")) home.hidePopover();
  };
  if (action) note.append(button(action.label, () => (dismiss(), action.run())));
  if (error || action) note.append(button("Close", dismiss));
  let timer = 0;
  const wait = () => {
    if (!error) timer = setTimeout(dismiss, LASTS_MS);
  };
  for (const name of ["pointerenter", "focusin"]) note.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) note.addEventListener(name, wait);
  while (home.childElementCount >= MOST) home.firstElementChild.remove();
  if (!home.matches(":popover-open")) home.showPopover();
  home.append(note);
  wait();
  return dismiss;
}

/** Says something to people who listen, without showing it. */
export function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  requestAnimationFrame(() => (place.textContent = text));
}

function button(label, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button is-quiet";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}
