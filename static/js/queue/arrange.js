/** Putting one's own waiting takes into another order: by dragging the grip, or with the arrow keys on it. */

import { sendOrSay } from "../patch.js";
import { announce } from "../toast.js";

export function startArranging(drawer) {
  let sending = Promise.resolve();
  let pending = 0;

  /** The order as it is shown now; one press behind the other, so that each begins where the last one ended. */
  const send = () => {
    const takes = own(drawer).map((row) => Number(row.dataset.take));
    const url = drawer.querySelector("[data-part=line]").dataset.url;
    pending += 1;
    drawer.toggleAttribute("data-moving", true);
    sending = sending.then(() => sendOrSay("POST", url, { takes })).then(() => {
      pending -= 1;
      drawer.toggleAttribute("data-moving", pending > 0);
      drawer.dispatchEvent(new CustomEvent("arranged"));
    });
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
    drawer.setPointerCapture(event.pointerId);  // the grip itself moves, and would lose it
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
      drawer.removeEventListener("pointermove", move);
      drawer.removeEventListener("pointerup", end);
      drawer.removeEventListener("pointercancel", end);
      row.classList.remove("is-dragged");
      const changed = own(drawer).some((each, place) => each !== before[place]);
      if (ended.type === "pointerup" && changed) send();
      else drawer.dispatchEvent(new CustomEvent("arranged"));
    };
    drawer.addEventListener("pointermove", move);
    drawer.addEventListener("pointerup", end);
    drawer.addEventListener("pointercancel", end);
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
