/** The shape of the scratch sound, drawn to the scale of the strip above it. */

/**
 * @param {HTMLCanvasElement} canvas as wide as `frames` of the cut
 * @param {{peaks: number[], offset: number, gain: number}} sound peaks from 0 to 100 over the whole file
 * @param {number} length of the file, in frames of the cut
 * @param {number} frames of the cut
 */
export function drawWaveform(canvas, sound, length, frames) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const dense = Math.min(window.devicePixelRatio || 1, 8000 / Math.max(width, 1));
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(height * dense);
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const middle = canvas.height / 2;
  for (let x = 0; x < canvas.width; x += 1) {
    const at = (sound.offset + (x / canvas.width) * frames) / length;
    if (at >= 1) return;
    const peak = (sound.peaks[Math.floor(at * sound.peaks.length)] ?? 0) * sound.gain;
    pen.fillStyle = peak > 100 ? style.getPropertyValue("--error") : style.color;
    const tall = Math.max(1, (Math.min(peak, 100) / 100) * canvas.height * 0.94);
    pen.fillRect(x, middle - tall / 2, 1, tall);
  }
}
