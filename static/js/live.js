/**
 * The page's one socket. It carries numbers, kinds and ids; content is fetched through ordinary addresses.
 *
 * Says on `document`:
 * - `live:event`    detail is one line of the log: {n, kind, shot, take, id, by}
 * - `live:progress` detail is a list, at most one a job and drawn frame: {take, export or guide, shot, done, of, phase, eta}
 * - `live:preview`  detail is {take, done, of, blob}
 * - `live:here`     somebody came or went
 * - `live:reload`   too much was missed; detail is {page}, this page as the server draws it now
 * - `live:state`    detail is {open}: false once nothing was heard for a few seconds
 */

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 15_000;
const SAY_SO_AFTER_MS = 2000;
const HEARTBEAT_MS = 20_000;
/** A line may be dead without knowing, so the server is asked for a sign of life and given one turn to answer. */
const PULSE_MS = 3000;
const PULSES_BEFORE_ANOTHER_LINE = 5;
/** A heartbeat this late means that the lid was closed: the socket may be dead without knowing. */
const SLEPT_MS = 45_000;
const PREVIEW_HEADER = 16;

class Live {
  project = 0;
  /** The number of the last event this page has. */
  number = 0;
  #socket = null;
  #failures = 0;
  #retry = 0;
  #complaint = 0;
  #silent = 0;
  #shot = null;
  #beatAt = Date.now();
  #progress = new Map();
  #previews = new Map();
  #frame = 0;
  #reloading = null;

  start() {
    this.project = Number(document.body.dataset.project);
    this.number = Number(document.body.dataset.event);
    if (!this.project) return;
    if (document.body.dataset.shot) this.#shot = Number(document.body.dataset.shot);
    setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
    setInterval(() => this.#pulse(), PULSE_MS);
    window.addEventListener("offline", () => this.#leave());
    for (const name of ["online", "pageshow", "focus"]) window.addEventListener(name, () => this.#wake());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#wake());
    this.#connect();
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Which shot this person is at; null: none in particular. */
  set here(shot) {
    if (shot === this.#shot) return;
    this.#shot = shot;
    this.#sayHere();
  }

  /** Closes the socket as a lost line would; it comes back by itself. */
  drop() {
    this.#socket?.close();
  }

  #connect() {
    clearTimeout(this.#retry);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live/${this.project}/?after=${this.number}`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#silent = 0;
    this.#complainLater();
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.#silent = 0;
      this.#said(true);
      this.#sayHere();
    });
    socket.addEventListener("message", (message) => socket === this.#socket && this.#hear(message.data));
    socket.addEventListener("close", (closing) => socket === this.#socket && this.#lost(closing.code));
  }

  #lost(code = 0) {
    this.#socket = null;
    if (code === 4001) return location.reload();
    this.#complainLater();
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), wait * (0.5 + Math.random()));
  }

  #wake() {
    const slept = Date.now() - this.#beatAt > SLEPT_MS;
    this.#beatAt = Date.now();
    if (slept) this.#leave();
    if (!this.#socket) this.#connect();
  }

  /** Takes another socket without waiting for the old one to notice its end. */
  #leave() {
    const old = this.#socket;
    if (!old) return;
    this.#lost();
    old.close();
  }

  #pulse() {
    if (!this.#socket || document.hidden) return;
    this.#silent += 1;
    if (this.#silent > PULSES_BEFORE_ANOTHER_LINE) return this.#leave();
    if (this.#silent > 1) this.#said(false);
    if (this.open) this.#socket.send('{"pulse":true}');
  }

  #heartbeat() {
    this.#wake();
    this.#sayHere();
  }

  #sayHere() {
    if (this.open) this.#socket.send(JSON.stringify({ here: this.#shot }));
  }

  #complainLater() {
    if (!this.#complaint) this.#complaint = setTimeout(() => this.#said(false), SAY_SO_AFTER_MS);
  }

  #said(open) {
    if (open) {
      clearTimeout(this.#complaint);
      this.#complaint = 0;
    }
    say("live:state", { open });
  }

  #hear(data) {
    if (this.#silent > 1) this.#said(true);
    this.#silent = 0;
    if (data instanceof ArrayBuffer) return this.#hearPreview(data);
    const message = JSON.parse(data);
    if (message.reload) return this.#reload();
    if (message.n) {
      this.number = Math.max(this.number, message.n);
      return say("live:event", message);
    }
    if (message.e === "progress") {
      this.#progress.set(message.take ?? message.guide ?? `export-${message.export}`, message);
      this.#drawSoon();
    } else if (message.e === "here") {
      say("live:here");
    }
  }

  #hearPreview(data) {
    const view = new DataView(data);
    const take = Number(view.getBigUint64(0));
    const blob = new Blob([data.slice(PREVIEW_HEADER)], { type: "image/jpeg" });
    this.#previews.set(take, { take, done: view.getUint32(8), of: view.getUint32(12), blob });
    this.#drawSoon();
  }

  #drawSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (this.#progress.size) {
      const latest = [...this.#progress.values()];
      this.#progress.clear();
      say("live:progress", latest);
    }
    const previews = [...this.#previews.values()];
    this.#previews.clear();
    for (const preview of previews) say("live:preview", preview);
  }

  /** Draws the page's regions afresh, in place: what is selected, focused or half written stays. */
  #reload() {
    this.#reloading ??= fetch(location.href, { headers: { Accept: "text/html" } })
      .then(async (answer) => {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (!answer.ok || page.body.dataset.project !== document.body.dataset.project) return location.reload();
        this.number = Math.max(this.number, Number(page.body.dataset.event));
        return say("live:reload", { page });
      })
      .catch(() => this.drop())
      .finally(() => (this.#reloading = null));
  }
}

function say(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

export const live = new Live();
