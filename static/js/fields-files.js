import { Refused } from "./patch.js";

/** Sends files and words as a form; answers with what came back, or throws Refused with one sentence. */
export async function sendForm(url, values, onSent = null) {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) form.append(name, each);
  }
  const headers = { "HX-Request": "true", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content };
  const posted = onSent ? upload(url, headers, form, onSent) : fetch(url, { method: "POST", headers, body: form });
  const answer = await posted.catch(() => {
    throw new Refused("The server did not answer. Nothing was changed; try again when the line is back.", 0);
  });
  const json = answer.headers.get("Content-Type")?.startsWith("application/json");
  const body = json ? await answer.json() : await answer.text();
  if (answer.ok) return body;
  throw new Refused(json && body.error ? body.error : `The server could not take this (${answer.status}).`, answer.status);
}

/** As fetch answers, and says the share of what is sent meanwhile, which fetch cannot. @param {(share: number) => void} onSent */
function upload(url, headers, form, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded, total }) => onSent(total ? loaded / total : 0));
    request.addEventListener("error", () => reject(new Error("no answer")));
    request.addEventListener("load", () => {
      const type = request.getResponseHeader("Content-Type") ?? "";
      resolve(new Response(request.responseText, { status: request.status, headers: { "Content-Type": type } }));
    });
    request.send(form);
  });
}

export function isClip(file) {
  return file.type.startsWith("video/") || /\.(mp4|mov|mkv|webm|avi|ts|m4v)$/i.test(file.name);
}

export function isPicture(file) {
  return file.type.startsWith("image/") && file.type !== "image/svg+xml";
}

/** The files of a drop or a paste. @param {DataTransfer | null} transfer */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}

export function showRefusal(place, message) {
  if (!place) return;
  place.textContent = message;
  place.hidden = !message;
}

/** Puts a fragment in the place of the element with its id, and returns what stands there now. */
export function swapIn(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.firstElementChild;
  document.getElementById(fresh.id).replaceWith(fresh);
  return fresh;
}
