/**
 * Keys by region of the page, and the sheet that lists them.
 *
 * `keys.scope("Player", element, { "j": { label: "Play backwards", run }, "i [": {...} })` returns a function that
 * takes the scope away again. A chord is `ctrl+`, `alt+`, `shift+` in this order and a key; several chords for one
 * action are separated by a space.
 *
 * - Letters match what is written on the key, so they follow AZERTY; on a keyboard without Latin letters, its place.
 * - Digits, Space, arrows and other named keys match by place: `1`, `space`, `arrowleft`, `home`, `enter`, `escape`.
 * - Signs such as `<`, `?` and `[` match what they type, whatever else must be held for it.
 * - `ctrl` is also Command.
 *
 * An action has `label` and `run(event)`; `run` returns false where it has nothing to do and the next scope may. It
 * may have `repeat: true` (fires again while held), `whileTyping: true` (fires in text fields), `hidden: true` (not
 * listed).
 * Options of a scope: `pageDefault` (also when the focus is nowhere in particular), `when()` (only then).
 */

const STORE = "ct-single-keys";
const BROWSER_OWNED = /^ctrl\+(?:shift\+)?[lwtnd]$|^alt\+\d$/;
const TYPED_INTO = "input, textarea, select, [contenteditable]:not([contenteditable=false]), [role=textbox]";
const NOT_TYPED_INTO = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"];
const TICKED_BY_SPACE = "input[type=checkbox], input[type=radio]";
const PRESSED_BY_ENTER = "a[href], button, summary, [role=button], input[type=submit], input[type=reset]";

/**
 * @typedef {{
 *   label: string, run: (event: KeyboardEvent) => unknown, repeat?: boolean, whileTyping?: boolean, hidden?: boolean,
 * }} Action
 */

class Keys {
  #scopes = [];
  #held = new Set();
  #single = readSetting() !== "off";

  constructor() {
    document.addEventListener("keydown", (event) => this.#down(event));
    document.addEventListener("keyup", (event) => this.#held.delete(baseKey(event)));
    window.addEventListener("blur", () => this.#held.clear());
    document.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-shortcuts]")) this.showSheet();
    });
    whenParsed(() => this.#markBody());
  }

  /**
   * @param {string} title heads the group on the sheet
   * @param {Element} element
   * @param {Record<string, Action>} actions
   * @param {{pageDefault?: boolean, when?: () => boolean}} [options]
   */
  scope(title, element, actions, options = {}) {
    const chords = new Map();
    for (const [names, action] of Object.entries(actions)) {
      for (const chord of names.split(" ")) chords.set(checked(chord), action);
    }
    const scope = { title, element, actions, chords, ...options };
    this.#scopes.unshift(scope);
    return () => {
      this.#scopes = this.#scopes.filter((other) => other !== scope);
    };
  }

  /** Whether a key is down now, such as `k`. */
  isHeld(key) {
    return this.#held.has(key);
  }

  /** Whether keys that type a character do anything (WCAG 2.1.4). */
  get single() {
    return this.#single;
  }

  set single(on) {
    this.#single = on;
    writeSetting(on ? "on" : "off");
    this.#markBody();
  }

  /** What the sheet lists: the scopes that could answer now. */
  groups() {
    const groups = new Map();
    for (const scope of [...this.#scopes].reverse()) {
      if (!scope.element.isConnected) continue;
      const rows = groups.get(scope.title) ?? new Map();
      for (const [names, action] of Object.entries(scope.actions)) {
        if (!action.hidden) rows.set(names, action.label);
      }
      if (rows.size > 0) groups.set(scope.title, rows);
    }
    return groups;
  }

  showSheet() {
    if (document.querySelector("dialog.keys-sheet[open]")) return;
    const sheet = drawSheet(this);
    sheet.addEventListener("close", () => sheet.remove());
    document.body.append(sheet);
    sheet.showModal();
  }

  #markBody() {
    document.body.dataset.singleKeys = this.#single ? "on" : "off";
  }

  #down(event) {
    if (event.defaultPrevented || event.isComposing || !event.key) return;
    this.#held.add(baseKey(event));
    const chords = chordsOf(event);
    for (const scope of this.#candidates(event)) {
      const chord = chords.find((one) => scope.chords.has(one));
      const action = scope.chords.get(chord);
      if (!action || !this.#mayFire(action, chord, event, scope)) continue;
      if (action.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  }

  #candidates(event) {
    const modal = topDialog();
    const at = event.target instanceof Element ? event.target : document.body;
    const near = this.#scopes.filter((scope) => scope.element.contains(at));
    near.sort((a, b) => depth(b.element) - depth(a.element));
    const far = this.#scopes.filter((scope) => scope.pageDefault && !near.includes(scope));
    return [...near, ...far].filter((scope) => {
      const reachable = !modal || modal.contains(scope.element);
      return reachable && scope.element.isConnected && (!scope.when || scope.when());
    });
  }

  #mayFire(action, chord, event, scope) {
    if (event.repeat && !action.repeat) return this.#swallow(event, scope);
    if (isTyping(event.target)) return action.whileTyping === true;
    if (belongsToControl(event.target, chord)) return false;
    const plain = !/^(?:ctrl|alt)\+/.test(chord);
    if (this.#single || !plain) return true;
    return !typesCharacter(event) && scope.element.contains(event.target);
  }

  /** A held key must not fall through to what the browser does with it, such as scrolling by Space. */
  #swallow(event, scope) {
    if (scope.element.contains(event.target) && !isTyping(event.target)) event.preventDefault();
    return false;
  }
}

/**
 * The chords an event may mean, in the order and spelling that scopes are written in. A key of the digit row means both
 * what it types and its place: `/` is Shift+7 on a German keyboard, and an unshifted 1 types `&` on a French one.
 */
function chordsOf(event) {
  const place = /^Digit(\d)$/.exec(event.code ?? "");
  const typed = chordWith(event, baseKey(event));
  return place ? [typed, chordWith(event, place[1])] : [typed];
}

function chordWith(event, key) {
  const typedByAltGr = event.getModifierState?.("AltGraph");
  const parts = [];
  if ((event.ctrlKey || event.metaKey) && !typedByAltGr) parts.push("ctrl");
  if (event.altKey && !typedByAltGr) parts.push("alt");
  if (event.shiftKey && !isSign(key)) parts.push("shift");
  return [...parts, key].join("+");
}

function baseKey({ key = "", code = "" }) {
  if (code === "Space") return "space";
  const place = /^Key([A-Z])$/.exec(code);
  const otherAlphabet = /^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key);
  if (place && otherAlphabet) return place[1].toLowerCase();
  return key.toLowerCase();
}

function isSign(key) {
  return [...key].length === 1 && !/^[\p{L}\d]$/u.test(key);
}

function typesCharacter(event) {
  return [...event.key].length === 1 && event.key !== " ";
}

function isTyping(target) {
  const field = target instanceof Element && target.closest(TYPED_INTO);
  return Boolean(field) && !(field instanceof HTMLInputElement && NOT_TYPED_INTO.includes(field.type));
}

/** Space and Enter press the button that has the focus; arrows move between radio buttons. */
function belongsToControl(target, chord) {
  if (!(target instanceof Element)) return false;
  if (chord === "space" || chord === "enter") {
    return target.matches(chord === "space" ? `${PRESSED_BY_ENTER}, ${TICKED_BY_SPACE}` : PRESSED_BY_ENTER);
  }
  return chord.startsWith("arrow") && target.matches("input[type=radio]");
}

function checked(chord) {
  if (BROWSER_OWNED.test(chord)) throw new Error(`${chord} belongs to the browser; choose another key.`);
  return chord;
}

function depth(element) {
  let steps = 0;
  for (let at = element.parentElement; at; at = at.parentElement) steps += 1;
  return steps;
}

function topDialog() {
  return [...document.querySelectorAll("dialog:modal")].at(-1) ?? null;
}

function readSetting() {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null;
  }
}

function writeSetting(value) {
  try {
    localStorage.setItem(STORE, value);
  } catch {
    // Storage may be switched off; the setting then lasts as long as the page.
  }
}

function whenParsed(act) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", act, { once: true });
  else act();
}

const KEYCAPS = {
  space: "Space", enter: "Enter", escape: "Esc", home: "Home", end: "End", delete: "Del", tab: "Tab",
  arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓", ctrl: "Ctrl", shift: "Shift", alt: "Alt",
  pageup: "Page Up", pagedown: "Page Down", backspace: "Backspace",
};

function drawSheet(registry) {
  const sheet = make("dialog", "keys-sheet");
  sheet.setAttribute("aria-labelledby", "keys-sheet-title");
  const title = make("h2", "keys-title", "Keyboard shortcuts");
  title.id = "keys-sheet-title";
  const close = make("button", "keys-close", "Close");
  close.type = "button";
  close.addEventListener("click", () => sheet.close());
  const head = make("header", "keys-head");
  head.append(title, close);
  const groups = make("div", "keys-groups");
  for (const [name, rows] of registry.groups()) groups.append(drawGroup(name, rows));
  sheet.append(head, groups, drawSwitch(registry));
  return sheet;
}

function drawGroup(name, rows) {
  const group = make("section", "keys-group");
  const list = make("dl", "keys-list");
  for (const [names, label] of rows) {
    const row = make("div", "keys-row");
    const caps = make("dd", "keys-caps");
    names.split(" ").forEach((chord, index) => {
      if (index > 0) caps.append(" or ");
      caps.append(...drawChord(chord));
    });
    row.append(make("dt", "", label), caps);
    list.append(row);
  }
  group.append(make("h3", "keys-name", name), list);
  return group;
}

function drawChord(chord) {
  return chord.split(/\+(?=.)/).map((part) => make("kbd", "", KEYCAPS[part] ?? part.toUpperCase()));
}

function drawSwitch(registry) {
  const label = make("label", "keys-switch");
  const box = make("input");
  box.type = "checkbox";
  box.checked = registry.single;
  box.addEventListener("change", () => (registry.single = box.checked));
  label.append(box, " Keys that type a character are shortcuts");
  return label;
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export const keys = new Keys();

keys.scope("Everywhere", document.documentElement, {
  "?": { label: "Show this list", run: () => keys.showSheet() },
});
