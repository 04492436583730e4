/** A field's value in words: a code by its option, a list with commas. */
export function label(input, value) {
  if (input instanceof HTMLSelectElement) {
    return [...input.options].find((option) => option.value === value)?.textContent ?? value;
  }
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

/** Frames as seconds for people; the field itself counts in frames. */
export function lengthText(input) {
  const { rateNum, rateDen } = input.dataset;
  const frames = Number(input.value);
  return frames > 0 ? `${((frames * Number(rateDen)) / Number(rateNum)).toFixed(1)}s` : "";
}
