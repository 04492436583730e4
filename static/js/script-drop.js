/**
 * `<ct-script-drop data-action data-max>`: a script dropped anywhere on the page, chosen or pasted goes to `data-action`
 * and its preview is opened. What the server refuses stands beside the field, and what was typed stays.
 */

class ScriptDrop extends HTMLElement {
  #depth = 0;
  #listening = new AbortController();

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const on = (name, run) => document.addEventListener(name, run, { signal });
    on("dragenter", (event) => this.#drag(event, 1));
    on("dragleave", (event) => this.#drag(event, -1));
    on("dragover", (event) => carriesFiles(event) && event.preventDefault());
    on("drop", (event) => this.#drop(event));
    this.querySelector("input[type=file]")?.addEventListener("change", (event) => this.#chosen(event.target), { signal });
    this.querySelector("form[enctype]")?.addEventListener("submit", (event) => this.#submit(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
    document.body.classList.remove("is-dropping");
  }

  #drag(event, step) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.#depth += step;
    document.body.classList.toggle("is-dropping", this.#depth > 0);
  }

  #drop(event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.#depth = 0;
    document.body.classList.remove("is-dropping");
    const files = [...event.dataTransfer.files];
    if (files.length === 1) this.send(files[0]);
    else this.#complain(`${files.length} files were dropped; drop one script at a time.`);
  }

  #chosen(field) {
    if (field.files.length) this.send(field.files[0]);
    field.value = "";
  }

  #submit(event) {
    event.preventDefault();
    const text = new FormData(event.target).get("text");
    if (!String(text).trim()) return this.#complain("There is no script yet. Drop a file, choose one, or paste the text.");
    this.send(new Blob([text], { type: "text/plain" }), "");
  }

  /** @param {Blob} file @param {string} [name] empty: pasted */
  async send(file, name = /** @type {File} */ (file).name) {
    if (file.size > Number(this.dataset.max)) {
      const most = megabytes(Number(this.dataset.max));
      return this.#complain(`This script is ${megabytes(file.size)}; at most ${most} are read. Import it in parts.`);
    }
    const form = new FormData();
    form.set("script", file, name || "pasted.txt");
    if (!name) form.set("pasted", "1");
    this.#complain("");
    this.toggleAttribute("data-busy", true);
    try {
      const answer = await fetch(this.dataset.action, { method: "POST", body: form, headers: headers() });
      const said = await answer.json();
      if (answer.ok) location.assign(said.url);
      else this.#complain(said.error);
    } catch {
      this.#complain("The server did not answer, so nothing was sent. Try again when the line is back.");
    } finally {
      this.removeAttribute("data-busy");
    }
  }

  #complain(text) {
    const place = this.querySelector(".drop-error");
    place.textContent = text;
    place.hidden = !text;
    if (text) place.scrollIntoView({ block: "nearest" });
  }
}

function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

function headers() {
  return { "Accept": "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content };
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

customElements.define("ct-script-drop", ScriptDrop);
