import { fetchHtml, send } from "./patch.js";
import { announce, toast } from "./toast.js";

const FILTERS = {
  all: () => true,
  open: (thread) => !thread.classList.contains("is-resolved"),
  mine: (thread, me) => thread.dataset.by === me || thread.querySelector(`.reply[data-by="${me}"]`) !== null,
  drawings: (thread) => thread.hasAttribute("data-drawn"),
};
/** How long the second press of Remove is waited for. */
const SURE_MS = 4000;

/**
 * `<ct-comments>`: what was said of the take in the viewer. Markup: templates/comment/_pane.html.
 *
 * Remarks sit at a frame, over the range that is set in the player, or on the whole take. Says `comments:tally` on
 * `document` with how many are open.
 */
export class Comments extends HTMLElement {
  #filter = "all";
  #whole = false;
  #late = false;
  #fetching = 0;
  #sending = false;

  connectedCallback() {
    this.player = document.querySelector("ct-player");
    this.annotation = document.querySelector("ct-annotation");
    this.composer = this.querySelector("[data-part=composer]");
    this.list = this.querySelector("[data-part=list]");
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("submit", (event) => this.#submitted(event));
    this.addEventListener("keydown", (event) => this.#typed(event));
    this.addEventListener("focusout", () => this.#late && setTimeout(() => this.#late && this.refresh()));
    this.#listen();
    this.#drawn();
    this.#drawChip();
  }

  disconnectedCallback() {
    this.listening.abort();
  }

  get take() {
    return this.dataset.take ?? "";
  }

  #listen() {
    this.listening = new AbortController();
    const { signal } = this.listening;
    const on = (name, act) => document.addEventListener(name, act, { signal });
    on("live:event", ({ detail }) => {
      if (String(detail.take) === this.take && detail.kind.startsWith("comment.")) this.refresh();
    });
    on("live:reload", () => this.refresh());
    on("player:frame", ({ detail }) => detail.paused && this.#frameShown());
    on("player:change", () => this.#drawChip());
    on("player:load", () => this.#frameShown());
    on("player:marker", ({ detail }) => detail.id && this.#reveal(detail.id));
    on("annotation:change", () => this.#drawChip());
  }

  /** Another take is in the viewer. */
  show(take) {
    this.dataset.take = take;
    this.list.dataset.url = `/takes/${take}/comments/`;
    this.player.markers = [];
    if (this.annotation) this.annotation.drawings = [];
    this.#whole = false;
    if (this.composer) this.composer.hidden = false;
    this.#drawChip();
    return this.refresh();
  }

  /** Opens the composer on the frame in the viewer. */
  compose() {
    if (!this.composer || !this.take) return false;
    this.player.pause();
    this.#whole = false;
    this.#drawChip();
    this.composer.querySelector("[data-part=text]").focus();
    return true;
  }

  async refresh() {
    if (!this.take) return;
    if (this.#isBeingWritten()) {
      this.#late = true;
      return;
    }
    this.#late = false;
    const asked = (this.#fetching += 1);
    try {
      const html = await fetchHtml(this.list.dataset.url);
      if (asked !== this.#fetching) return;
      const scrolled = this.list.scrollTop;
      this.list.innerHTML = html;
      this.list.scrollTop = scrolled;
      this.#drawn();
    } catch {
      // What is shown stays; the next event or reconnection fetches again.
    }
  }

  /** An answer or a change half written in the list is not taken away. */
  #isBeingWritten() {
    return [...this.list.querySelectorAll("textarea")].some((area) => area === document.activeElement || (area.value && !area.closest("[hidden]")));
  }

  #drawn() {
    const threads = this.list.querySelector(".threads");
    if (!threads) return;
    this.player.markers = JSON.parse(threads.dataset.markers);
    const drawings = JSON.parse(threads.dataset.drawings);
    customElements.whenDefined("ct-annotation").then(() => {
      if (this.annotation) this.annotation.drawings = drawings;
    });
    this.#arrange();
    this.#frameShown();
    this.#tally();
  }

  #tally() {
    const open = this.list.querySelectorAll(".thread:not(.is-resolved)").length;
    const badge = document.querySelector("#tab-comments [data-part=talked]");
    if (!badge) return;
    badge.textContent = String(open);
    badge.hidden = open === 0;
  }

  #arrange() {
    const threads = [...this.list.querySelectorAll(".thread")];
    for (const thread of threads) thread.hidden = !FILTERS[this.#filter](thread, this.dataset.me);
    const none = this.list.querySelector(".threads-filtered");
    none.hidden = threads.length === 0 || threads.some((thread) => !thread.hidden);
  }

  #frameShown() {
    this.#drawChip();
    const { frame } = this.player;
    for (const thread of this.list.querySelectorAll(".thread[data-in]")) {
      thread.classList.toggle("is-here", frame >= Number(thread.dataset.in) && frame <= Number(thread.dataset.out));
    }
  }

  #reveal(id) {
    const thread = document.getElementById(`comment-${id}`);
    thread?.scrollIntoView({ block: "nearest" });
  }

  // The composer

  /** Where the remark would go now. @returns {{frame_in?: number, frame_out?: number}} */
  #place() {
    if (this.annotation?.frame !== null && this.annotation?.frame !== undefined) return { frame_in: this.annotation.frame };
    if (this.#whole) return {};
    const { range, frame } = this.player;
    return range ? { frame_in: range.in, frame_out: range.out } : { frame_in: frame };
  }

  #drawChip() {
    if (!this.composer) return;
    const place = this.#place();
    const chip = this.composer.querySelector("[data-part=chip]");
    const text = chipText(place);
    if (chip.textContent !== text) chip.textContent = text;
    this.composer.querySelector("[data-part=drawn]").hidden = !this.annotation?.value;
  }

  #typed(event) {
    const area = event.target;
    if (!(area instanceof HTMLTextAreaElement)) return;
    if (area.dataset.part === "text" && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !this.player.paused) this.player.pause();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      area.form.requestSubmit();
    }
    if (event.key === "Escape") this.#leave(area);
  }

  #leave(area) {
    const form = area.form;
    if (form.matches(".reply-form, .edit-form") && !area.value) closeForm(form);
    area.blur();
    this.player.focus({ preventScroll: true });
    if (this.#late) this.refresh();
  }

  #submitted(event) {
    event.preventDefault();
    const form = event.target;
    if (form === this.composer) this.#send();
    else if (form.matches(".reply-form")) this.#answer(form);
    else if (form.matches(".edit-form")) this.#rewrite(form);
  }

  async #send() {
    const area = this.composer.querySelector("[data-part=text]");
    const drawing = this.annotation?.value ?? null;
    const text = area.value.trim();
    if (this.#sending || (!text && !drawing)) return;
    this.#sending = true;
    this.#refused("");
    try {
      const { id } = await send("POST", this.list.dataset.url, { text, drawing, ...this.#place() });
      area.value = "";
      this.annotation?.clear();
      this.#whole = false;
      announce("Comment sent");
      await this.refresh();
      this.#reveal(id);
    } catch (error) {
      this.#refused(error.message);
    } finally {
      this.#sending = false;
      this.#drawChip();
    }
  }

  #refused(message) {
    const place = this.composer.querySelector("[data-part=refused]");
    place.textContent = message;
    place.hidden = !message;
  }

  // The list

  #clicked(event) {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest("button");
    const thread = target?.closest(".thread");
    if (button?.dataset.filter) return this.#choose(button.dataset.filter);
    if (button?.dataset.part === "chip") return this.#toggleWhole();
    if (button?.matches("[data-resolve]")) return this.#resolve(thread, button);
    if (button?.matches("[data-answer]")) return openForm(thread.querySelector(".reply-form"));
    if (button?.matches("[data-edit]")) return this.#edit(button.closest("[data-comment]"));
    if (button?.matches("[data-remove]")) return this.#remove(button);
    if (button?.matches("[data-cancel]")) return this.refresh();
    const picked = window.getSelection()?.toString();
    if (thread?.dataset.in && !target.closest("form, a") && !picked) return this.#go(thread);
    return undefined;
  }

  #go(thread) {
    this.player.pause();
    return this.player.seek(Number(thread.dataset.in));
  }

  #choose(filter) {
    this.#filter = filter;
    for (const button of this.querySelectorAll(".comments-head [data-filter]")) {
      button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
    }
    this.#arrange();
  }

  #toggleWhole() {
    this.#whole = !this.#whole;
    this.#drawChip();
    this.composer.querySelector("[data-part=text]").focus();
  }

  async #resolve(thread, button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    const draw = (resolved) => {
      button.setAttribute("aria-pressed", String(resolved));
      thread.classList.toggle("is-resolved", resolved);
      this.#tally();
    };
    draw(on);
    try {
      await send(on ? "POST" : "DELETE", `/comments/${thread.dataset.comment}/resolution/`);
      announce(on ? "Resolved" : "Open again");
      this.refresh();
    } catch (error) {
      draw(!on);
      toast(error.message, { error: true });
    }
  }

  async #answer(form) {
    const area = form.querySelector("textarea");
    const text = area.value.trim();
    if (!text) return;
    await this.#write(form, () => send("POST", this.list.dataset.url, { text, parent: form.dataset.reply }));
  }

  #edit(comment) {
    const text = comment.querySelector(":scope > .comment > .comment-text");
    const form = document.createElement("form");
    form.className = "edit-form";
    form.dataset.comment = comment.dataset.comment;
    const area = document.createElement("textarea");
    area.className = "field";
    area.setAttribute("aria-label", "Your comment");
    area.maxLength = 5000;
    area.value = text.innerText;
    const save = makeButton("Save", "button is-primary", "submit");
    const cancel = makeButton("Cancel", "button is-quiet", "button");
    cancel.addEventListener("click", () => {
      form.replaceWith(text);
      if (this.#late) this.refresh();
    });
    form.append(area, save, cancel);
    text.replaceWith(form);
    area.focus();
  }

  async #rewrite(form) {
    const text = form.querySelector("textarea").value.trim();
    await this.#write(form, () => send("PATCH", `/comments/${form.dataset.comment}/`, { text }));
  }

  async #write(form, act) {
    const area = form.querySelector("textarea");
    area.readOnly = true;
    try {
      await act();
      closeForm(form);
      this.refresh();
    } catch (error) {
      area.readOnly = false;
      toast(error.message, { error: true });
      area.focus();
    }
  }

  async #remove(button) {
    if (!button.classList.contains("is-sure")) {
      button.classList.add("is-sure");
      button.textContent = "Really remove?";
      setTimeout(() => {
        button.classList.remove("is-sure");
        button.textContent = "Remove";
      }, SURE_MS);
      return;
    }
    try {
      await send("DELETE", `/comments/${button.closest("[data-comment]").dataset.comment}/`);
      this.refresh();
    } catch (error) {
      toast(error.message, { error: true });
    }
  }
}

/** @param {{frame_in?: number, frame_out?: number}} place */
function chipText({ frame_in: first, frame_out: last }) {
  if (first === undefined) return "whole take";
  const word = (n) => String(n).padStart(4, "0");
  return last === undefined || last === first ? `f ${word(first)}` : `f ${word(first)}–${word(last)}`;
}

function openForm(form) {
  form.hidden = false;
  form.querySelector("textarea").focus();
}

function closeForm(form) {
  const area = form.querySelector("textarea");
  area.value = "";
  area.readOnly = false;
  area.blur();
  form.hidden = true;
}

function makeButton(text, className, type) {
  const button = document.createElement("button");
  button.type = type;
  button.className = className;
  button.textContent = text;
  return button;
}

customElements.define("ct-comments", Comments);
