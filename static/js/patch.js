/** Asks the server to change something; what it refuses comes back as one sentence and its facts. */

import { toast } from "./toast.js";

export class Refused extends Error {
  /** @param {string} message @param {number} status @param {Record<string, any>} facts */
  constructor(message, status, facts = {}) {
    super(message);
    this.status = status;
    this.facts = facts;
  }
}

/**
 * @param {"POST" | "PATCH" | "DELETE"} method
 * @param {string} url
 * @param {Record<string, unknown>} [data] sent as JSON
 * @returns {Promise<any>} the JSON that came back, or null
 */
export async function send(method, url, data = {}) {
  const answer = await fetch(url, {
    method,
    headers: {
      "Accept": "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "",
    },
    body: JSON.stringify(data),
  }).catch(() => {
    throw new Refused("The server did not answer. Nothing was changed; try again when the line is back.", 0);
  });
  const json = answer.headers.get("Content-Type")?.startsWith("application/json");
  const body = json ? await answer.json() : null;
  if (answer.ok) return body;
  throw new Refused(body?.error ?? plainly(answer.status), answer.status, body ?? {});
}

/** The same, with a refusal shown in the corner; resolves to undefined then. */
export async function sendOrSay(method, url, data = {}) {
  try {
    return await send(method, url, data);
  } catch (error) {
    toast(error.message, { error: true });
    return undefined;
  }
}

/** A fragment of HTML. */
export async function fetchHtml(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true", "Accept": "text/html" } });
  if (!answer.ok) throw new Refused(plainly(answer.status), answer.status);
  return answer.text();
}

/** A name for one intent, so that the same press twice is one asking. Works without a secure origin. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function plainly(status) {
  if (status === 403) return "You may not do this here, or you were signed out. Reload the page.";
  if (status === 404) return "This is not there any more. Reload the page.";
  if (status === 413) return "That was too much at once. Send less.";
  return `The server could not do this (${status}). Try again; its log says more.`;
}
