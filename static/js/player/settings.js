/** Small choices that follow the person from player to player; storage may be switched off. */
export function remembered(name, fallback) {
  try {
    return localStorage.getItem(`ct-player-${name}`) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`ct-player-${name}`, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}
