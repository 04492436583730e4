import "./player.js";
import "./annotation.js";
import "./take-strip.js";
import "./comments.js";
import "./fields.js";
import { keys } from "./keys.js";
import { newKey, send } from "./patch.js";
import { refresh } from "./follow.js";
import { announce, toast } from "./toast.js";

/**
 * `<ct-shot-room>`: which take is in the viewer, and what is done to it. Markup: templates/shot/room.html.
 *
 * The address says what is shown: `?take=3&f=47`.
 */
class ShotRoom extends HTMLElement {
  #asking = new Map();
  #loaded = "";
  #runsOn = false;
  #addressTimer = 0;

  connectedCallback() {
    this.player = this.querySelector("ct-player");
    this.strip = this.querySelector("ct-take-strip");
    this.bar = this.querySelector("[data-part=bar]");
    this.waiting = this.querySelector("[data-part=waiting]");
    this.comments = document.querySelector("ct-comments");
    this.fields = document.querySelector("ct-fields");
    this.mayReview = Number(document.body.dataset.role) >= 20;
    this.mayEdit = Number(document.body.dataset.role) >= 30;
    this.#listen();
    this.#bindKeys();
    startTabs();
    this.#loaded = this.player.dataset.src ?? "";
    if (this.dataset.take) this.strip.mark(this.dataset.take);
    this.#drawShown();
  }

  get take() {
    return this.dataset.take ?? "";
  }

  get card() {
    return this.strip.card(this.take);
  }

  /** Puts a take in the viewer; paused on the same frame as the one before, or running on as that did. */
  async show(card) {
    if (!card || card.dataset.take === this.take) return;
    const { frame } = this.player;
    this.#runsOn ||= !this.player.paused;
    this.dataset.take = card.dataset.take;
    this.strip.mark(this.take);
    this.comments?.show(this.take);
    this.#showRecipe();
    await this.#load(card, frame);
    if (this.take !== card.dataset.take) return;
    if (this.#runsOn) this.player.play();
    this.#runsOn = false;
  }

  async #load(card, frame) {
    this.#drawShown();
    this.#address();
    const { src, poster, rateNum, rateDen, frames, number } = card.dataset;
    if (!src || src === this.#loaded) return;
    this.#loaded = src;
    const rate = { num: Number(rateNum), den: Number(rateDen) };
    const count = Number(frames);
    await this.player.load({ src, poster, rate, frames: count, label: `take ${number}`, frame: Math.min(frame, count - 1) });
  }

  #listen() {
    this.addEventListener("strip:choose", ({ detail }) => this.show(detail.card));
    this.addEventListener("strip:deed", ({ detail }) => this.#do(detail.deed, detail.card));
    this.addEventListener("strip:drawn", () => this.#cardsDrawn());
    this.addEventListener("strip:preview", ({ detail }) => detail.take === this.take && this.#drawWaiting());
    this.addEventListener("player:frame", ({ detail }) => detail.paused && this.#address());
    this.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("live:progress", ({ detail }) => this.#progress(detail));
    document.addEventListener("live:event", ({ detail }) => this.#heard(detail));
    document.addEventListener("fields:asked", () => this.strip.refresh());
    document.addEventListener("click", (event) => this.#panelClicked(event));
    document.getElementById("reasons")?.addEventListener("toggle", (event) => this.#reasonsToggled(event));
    document.getElementById("take-more")?.addEventListener("toggle", ({ target, newState }) => {
      if (newState === "open") placeAt(target, this.bar.querySelector("[popovertarget=take-more]"));
    });
  }

  #heard({ kind, shot }) {
    if (shot !== Number(this.dataset.shot)) return;
    const history = document.getElementById("history");
    if (history && (kind === "shot.revised" || kind === "takes.asked")) refresh(history);
  }

  /** The take in the viewer may have become ready, or gone. */
  #cardsDrawn() {
    const card = this.card;
    if (!card) {
      const next = this.strip.cards.at(-1);
      if (next) this.show(next);
      else this.#drawShown();
      return;
    }
    this.strip.mark(this.take);
    if (card.dataset.src && card.dataset.src !== this.#loaded) {
      this.#load(card, 0);
      this.#showRecipe();
    } else {
      this.#drawShown();
    }
  }

  #drawShown() {
    const card = this.card;
    const playable = Boolean(card?.dataset.src);
    this.waiting.hidden = playable || !card;
    this.player.hidden = !playable && Boolean(card);
    if (!playable && this.player.dataset.state === "ready" && !this.player.paused) this.player.pause();
    if (card && !playable) this.#drawWaiting();
    this.#drawBar(card);
  }

  #drawWaiting() {
    const card = this.card;
    if (!card) return;
    this.waiting.dataset.status = card.dataset.status;
    const words = card.querySelector(".take-error")?.textContent ?? this.strip.wordsOf(card);
    this.waiting.querySelector("[data-part=waiting-words]").textContent = words;
    const picture = this.waiting.querySelector("[data-part=waiting-preview]");
    const preview = this.strip.preview(this.take);
    picture.hidden = !preview;
    if (preview && picture.src !== preview) picture.src = preview;
  }

  #progress(list) {
    if (this.waiting.hidden || !list.some(({ take }) => String(take) === this.take)) return;
    this.#drawWaiting();
    this.#put("bar-note", this.strip.wordsOf(this.card));
  }

  #drawBar(card) {
    this.bar.hidden = !card;
    if (!card) return;
    const ready = card.dataset.status === "finished";
    const mine = card.hasAttribute("data-mine");
    const inCut = card.classList.contains("is-in-cut");
    const rejected = card.classList.contains("is-rejected");
    this.#put("bar-name", `Take ${card.dataset.number}`);
    this.#put("bar-note", this.strip.wordsOf(card));
    this.#press("circle", mine, ready);
    this.#press("pick", inCut, ready);
    this.#press("reject", rejected, ready);
    this.#put("circle-word", mine ? "Circled" : "Circle");
    this.#put("pick-word", inCut ? "In cut" : "Use in cut");
    this.#put("reject-word", rejected ? "Rejected" : "Reject");
    for (const deed of ["continue", "continue-last", "hold-first", "hold-last"]) this.#press(deed, null, ready);
    const waits = card.dataset.status === "queued" || card.dataset.status === "running";
    this.#press("trash", null, !waits);
  }

  #put(part, text) {
    const place = this.bar.querySelector(`[data-part=${part}]`);
    if (place && place.textContent !== text) place.textContent = text;
  }

  #press(deed, pressed, enabled) {
    const button = this.bar.querySelector(`[data-deed=${deed}]`);
    if (!button) return;
    if (pressed !== null) button.setAttribute("aria-pressed", String(pressed));
    button.disabled = !enabled;
  }

  #showRecipe() {
    const place = document.getElementById("recipe");
    place.dataset.url = `/takes/${this.take}/recipe/`;
    refresh(place);
  }

  #address() {
    clearTimeout(this.#addressTimer);
    this.#addressTimer = setTimeout(() => {
      const card = this.card;
      if (!card) return;
      const here = new URL(location.href);
      here.searchParams.set("take", card.dataset.number);
      const { frame } = this.player;
      if (frame > 0) here.searchParams.set("f", String(frame));
      else here.searchParams.delete("f");
      history.replaceState(history.state, "", here);
    }, 150);
  }

  // What is done to a take

  #clicked(event) {
    const button = event.target instanceof Element && event.target.closest("[data-deed], [data-reason]");
    if (!button || button.matches(".take")) return;
    if (button.dataset.deed) this.#do(button.dataset.deed, this.card);
    if (button.closest("[popover]")) button.closest("[popover]").hidePopover();
    if (button.dataset.reason) this.#reject(this.card, button.dataset.reason);
  }

  #do(deed, card) {
    if (!card) return undefined;
    const { take } = card.dataset;
    const deeds = {
      circle: () => this.#circle(card),
      pick: () => this.#pick(card),
      reject: () => this.#askReason(card),
      cancel: () => this.#cancel(card),
      finish: () => this.#quietly(() => send("POST", `/takes/${take}/completion/`)),
      retry: () => this.#quietly(() => send("POST", `/takes/${take}/retrial/`)),
      again: () => this.#ask(`again-${take}`, `/takes/${take}/again/`, {}),
      exactly: () => this.#ask(`exactly-${take}`, `/takes/${take}/again/`, { exactly: true }),
      continue: () => this.#continue(card, this.player.frame),
      "continue-last": () => this.#continue(card, Number(card.dataset.frames) - 1),
      "hold-first": () => this.#hold(card, "first"),
      "hold-last": () => this.#hold(card, "last"),
      trash: () => this.#trash(card),
    };
    return deeds[deed]?.();
  }

  #circle(card) {
    if (card.dataset.status === "held") return this.#do("finish", card);
    const on = !card.hasAttribute("data-mine");
    announce(on ? `Take ${card.dataset.number} circled` : `Circle taken from take ${card.dataset.number}`);
    return this.strip.attempt(card, (each) => drawCircle(each, on), on ? "POST" : "DELETE", `/takes/${card.dataset.take}/circle/`);
  }

  async #pick(card) {
    const on = !card.classList.contains("is-in-cut");
    const apply = (each) => {
      for (const other of this.strip.querySelectorAll(".is-in-cut")) drawInCut(other, false);
      drawInCut(each, on);
    };
    const done = await this.strip.attempt(card, apply, on ? "POST" : "DELETE", `/takes/${card.dataset.take}/pick/`);
    if (done) announce(`Take ${card.dataset.number} is ${on ? "in" : "out of"} the cut`);
    return done;
  }

  #askReason(card) {
    if (card.dataset.status === "held") this.#cancel(card);
    if (card.dataset.status !== "finished") return;
    if (card.classList.contains("is-rejected")) {
      this.strip.attempt(card, (each) => each.classList.remove("is-rejected"), "DELETE", `/takes/${card.dataset.take}/rejection/`);
      return;
    }
    const menu = document.getElementById("reasons");
    menu.showPopover();
    placeAt(menu, this.bar.querySelector("[data-deed=reject]"));
    menu.querySelector("[data-reason=taste]").focus();
  }

  #reject(card, reason) {
    if (!card) return;
    announce(`Take ${card.dataset.number} rejected`);
    const apply = (each) => {
      drawCircle(each, false);
      drawInCut(each, false);
      each.classList.add("is-rejected");
    };
    this.strip.attempt(card, apply, "POST", `/takes/${card.dataset.take}/rejection/`, { reason });
  }

  #reasonsToggled(event) {
    const button = this.bar.querySelector("[data-deed=reject]");
    button?.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed" && !document.activeElement?.closest("input, textarea")) this.player.focus({ preventScroll: true });
  }

  async #cancel(card) {
    const { take, number } = card.dataset;
    const done = await this.#quietly(() => send("POST", `/takes/${take}/cancellation/`));
    if (!done) return;
    const undo = () => this.#quietly(() => send("POST", `/takes/${take}/retrial/`));
    toast(`Take ${number} is cancelled.`, { action: { label: "Undo", run: undo } });
  }

  #continue(card, frame) {
    return this.#ask(`continue-${card.dataset.take}-${frame}`, `/takes/${card.dataset.take}/continuations/`, { frame });
  }

  async #hold(card, kind) {
    await this.fields?.holdFrame(kind, card.dataset.take, this.player.frame);
  }

  async #trash(card) {
    const { take, number } = card.dataset;
    const done = await this.#quietly(() => send("DELETE", `/takes/${take}/`));
    if (!done) return;
    const undo = () => this.#quietly(() => send("POST", `/takes/${take}/restoration/`));
    toast(`Take ${number} is in the trash.`, { action: { label: "Undo", run: undo } });
  }

  /** One asking at a time of each kind: a second press while the first is on its way is the same asking. */
  async #ask(intent, url, data) {
    if (this.#asking.has(intent)) return;
    this.#asking.set(intent, newKey());
    await this.#quietly(async () => {
      const { numbers } = await send("POST", url, { ...data, key: this.#asking.get(intent) });
      announce(`Take ${numbers.join(", ")} is in the queue`);
    });
    this.#asking.delete(intent);
  }

  async #quietly(act) {
    let done = true;
    try {
      await act();
    } catch (error) {
      done = false;
      toast(error.message, { error: true });
    }
    this.strip.refresh();
    return done;
  }

  // History and recipe, beside the room

  #panelClicked(event) {
    const button = event.target instanceof Element && event.target.closest("[data-return], [data-copy-recipe]");
    if (!button) return;
    if (button.dataset.return) this.#quietly(() => this.#goBack(button));
    else copy(button.closest(".recipe").querySelector(".recipe-json").textContent, button);
  }

  async #goBack(button) {
    await this.fields?.saved();
    await send("POST", button.dataset.return);
    toast(`The shot asks for version ${button.dataset.number} again.`);
  }

  // Keys

  #bindKeys() {
    const steps = {};
    for (let n = 1; n <= 9; n += 1) {
      steps[String(n)] = { label: n === 1 ? "Show take 1 to 9" : "", hidden: n > 1, run: () => this.#showNumber(n) };
    }
    const page = { pageDefault: true };
    keys.scope("Takes", this, {
      ...steps,
      arrowup: { label: "Previous take", repeat: true, run: () => this.#step(-1) },
      arrowdown: { label: "Next take", repeat: true, run: () => this.#step(1) },
      pageup: { label: "Previous shot", run: () => this.#go(this.dataset.previous) },
      pagedown: { label: "Next shot", run: () => this.#go(this.dataset.next) },
      escape: { label: "Back to the board", run: () => this.#leave() },
    }, page);
    if (this.mayReview) keys.scope("Takes", this, this.#judging(), page);
    if (this.mayEdit) keys.scope("Takes", this, this.#making(), page);
    if (this.mayReview) this.#bindReasons();
    keys.scope("Comments", document.documentElement, {
      c: { label: "Comment on this frame", run: () => (openTab("comments"), this.comments?.compose()) },
    }, page);
  }

  #judging() {
    return {
      p: { label: "Circle", run: () => this.#do("circle", this.card) },
      u: { label: "Use in cut", run: () => this.#do("pick", this.card) },
      "shift+p": { label: "Circle, use in cut, next shot", run: () => this.#keepAndGoOn() },
      x: { label: "Reject, with a reason", run: () => this.#do("reject", this.card) },
    };
  }

  #making() {
    return {
      r: { label: "Again with another seed", run: () => this.#do("again", this.card) },
      "shift+r": { label: "Again exactly", run: () => this.#do("exactly", this.card) },
      e: { label: "Continue from this frame", run: () => this.#do("continue", this.card) },
      "shift+e": { label: "Continue from the last frame", run: () => this.#do("continue-last", this.card) },
      delete: { label: "Put take in the trash", run: () => this.#do("trash", this.card) },
    };
  }

  /** While the reasons are open, a digit is a reason and X again is the quick one. */
  #bindReasons() {
    const menu = document.getElementById("reasons");
    const buttons = [...menu.querySelectorAll("[data-reason]")];
    const actions = { x: { label: "Not it", run: () => menu.querySelector("[data-reason=taste]").click() } };
    buttons.forEach((button, index) => {
      actions[String(index + 1)] = { label: button.firstChild.textContent.trim(), run: () => button.click() };
    });
    const move = (by) => () => buttons[(buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length].focus();
    actions.arrowup = { label: "Previous reason", hidden: true, repeat: true, run: move(-1) };
    actions.arrowdown = { label: "Next reason", hidden: true, repeat: true, run: move(1) };
    keys.scope("Reject because", menu, actions, { when: () => menu.matches(":popover-open") });
  }

  #showNumber(number) {
    const card = this.strip.numbered(number);
    if (!card) return false;
    return this.show(card);
  }

  #step(by) {
    const cards = this.strip.cards;
    const at = cards.findIndex((card) => card.dataset.take === this.take);
    const next = cards[Math.max(0, Math.min(cards.length - 1, at + by))];
    return next ? this.show(next) : false;
  }

  async #keepAndGoOn() {
    const card = this.card;
    if (card?.dataset.status !== "finished") return;
    const circled = card.hasAttribute("data-mine") || (await this.#circle(card));
    const now = this.card;
    const picked = circled && (now.classList.contains("is-in-cut") || (await this.#pick(now)));
    if (picked && !this.#go(this.dataset.next)) toast("This is the last shot of the board.");
  }

  /** Escape first closes whatever is open. */
  #leave() {
    return document.querySelector(":popover-open:not(#toasts), dialog[open], #queue:not([hidden])") ? false : this.#go(this.dataset.board);
  }

  #go(address) {
    if (!address) return false;
    this.fields.leaveFor(address);
    return true;
  }
}

function drawCircle(card, on) {
  card.toggleAttribute("data-mine", on);
  card.classList.toggle("is-circled", on || Number(card.dataset.circles) > 1);
  card.querySelector("[data-card-deed=circle]")?.setAttribute("aria-pressed", String(on));
  if (on) card.classList.remove("is-rejected");
}

function drawInCut(card, on) {
  card.classList.toggle("is-in-cut", on);
}

function placeAt(menu, button) {
  const { left, top } = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, top - height - 6)}px`;
}

function startTabs() {
  const list = document.querySelector(".room-tabs");
  list.addEventListener("click", (event) => {
    const tab = event.target instanceof Element && event.target.closest("[role=tab]");
    if (tab) openTab(tab.id.slice(4));
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const tabs = [...list.querySelectorAll("[role=tab]")];
    const tab = tabs[(tabs.indexOf(document.activeElement) + by + tabs.length) % tabs.length];
    openTab(tab.id.slice(4));
    tab.focus();
  });
  const asked = location.hash.slice(1);
  if (asked.startsWith("comment")) openTab("comments");
}

export function openTab(name) {
  for (const tab of document.querySelectorAll(".room-tabs [role=tab]")) {
    const on = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
  }
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure origin there is only the old way.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  toast("The recipe is on the clipboard.");
}

customElements.define("ct-shot-room", ShotRoom);
