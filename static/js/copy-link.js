/** `<ct-copy-link>`: a field and a button that copies it, on plain http too, where the clipboard is not offered. */

import { toast } from "./toast.js";

class CopyLink extends HTMLElement {
  connectedCallback() {
    this.field.addEventListener("focus", () => this.field.select());
    this.querySelector("button").addEventListener("click", () => this.copy());
    this.field.focus();
    this.field.select();
  }

  get field() {
    return this.querySelector("input");
  }

  async copy() {
    const copied = (await viaClipboard(this.field.value)) || viaSelection(this.field);
    if (copied) toast("Copied.");
    else toast("This browser does not copy by itself. The link is selected: press Ctrl C.", { error: true });
  }
}

async function viaClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function viaSelection(field) {
  field.focus();
  field.select();
  return document.execCommand("copy");
}

customElements.define("ct-copy-link", CopyLink);
