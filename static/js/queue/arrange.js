/** Putting one's own waiting takes into another order: by dragging the grip, or with the arrow keys on it. */

import { sendOrSay } from "../patch.js";
import { announce } from "../toast.js";

export function startArranging(drawer) {
  let sending = Promise.resolve();

  /** The order as it is shown now; one press behind the other, so that each begins where the last one ended. */
  const send = () => {
    const takes = own(drawer).map((row) => Number(row.dataset.take));
    const url = drawer.querySelector("[data-part=line]").dataset.url;
    sending = sending.then(() => sendOrSay("POST", url, { takes })).then(() => drawer.dispatchEvent(new CustomEvent("arranged")));
  };

  drawer.addEventListener("keydown", (event) => {
    const grip = event.target instanceof Element && event.target.closest("[data-grip]");
    if (!grip || !["ArrowUp", "ArrowDown"].includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const rows = own(drawer);
    const row = grip.closest(".job");
    const other = rows[rows.indexOf(row) + (event.key === "ArrowUp" ? -1 : 1)];
    if (!other) return;
    swap(row, other);
    grip.focus();
    announce(`${row.dataset.name}: ${own(drawer).indexOf(row) + 1} of ${rows.length} of yours`);
    send();
  });

  drawer.addEventListener("pointerdown", (event) => {
    const grip = event.target instanceof Element && event.target.closest("[data-grip]");
    if (!grip || event.button !== 0) return;
    event.preventDefault();
    const row = grip.closest(".job");
    const before = own(drawer);
    grip.setPointerCapture(event.pointerId);
    row.classList.add("is-dragged");

    const move = ({ clientY }) => {
      const rows = own(drawer);
      const at = rows.indexOf(row);
      const upper = rows[at - 1];
      const lower = rows[at + 1];
      if (upper && clientY < middle(upper)) swap(row, upper);
      else if (lower && clientY > middle(lower)) swap(row, lower);
    };
    const end = (ended) => {
      grip.removeEventListener("pointermove", move);
      row.classList.remove("is-dragged");
      const changed = own(drawer).some((each, place) => each !== before[place]);
      if (ended.type === "pointerup" && changed) send();
      else drawer.dispatchEvent(new CustomEvent("arranged"));
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", end, { once: true });
    grip.addEventListener("pointercancel", end, { once: true });
  });
}

function own(drawer) {
  return [...drawer.querySelectorAll("[data-part=line] > .job[data-mine]")];
}

function middle(row) {
  const box = row.getBoundingClientRect();
  return (box.top + box.bottom) / 2;
}

/** Changes places of two rows; what stands between them, which is others', stays where it is. */
function swap(one, other) {
  const mark = document.createComment("");
  one.replaceWith(mark);
  other.replaceWith(one);
  mark.replaceWith(other);
}
