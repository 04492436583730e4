/**
 * The element that a player's markup calls by this name.
 * @param {ParentNode} host @param {string} name @returns {any} an element of the kind the markup has there
 */
export function part(host, name) {
  return host.querySelector(`[data-part=${name}]`);
}

/** @param {ParentNode} host @param {string} action @returns {HTMLButtonElement | null} the button for an action */
export function buttonFor(host, action) {
  return host.querySelector(`[data-do=${action}]`);
}
