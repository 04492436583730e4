/** Reads the frame number out of a picture that tests/browser/barcode.py drew; null where there is none. */
const BITS = 12;

export function readBarcode(picture) {
  const width = picture.videoWidth || picture.naturalWidth || picture.width;
  const height = picture.videoHeight || picture.naturalHeight || picture.height;
  if (!width) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(picture, 0, Math.floor(height / 2), width, 1, 0, 0, width, 1);
  const row = brush.getImageData(0, 0, width, 1).data;
  const square = width / (BITS + 4);
  const bits = [];
  for (let place = 1; place <= BITS + 2; place += 1) bits.push(row[Math.floor((place + 0.5) * square) * 4 + 1] > 128 ? 1 : 0);
  if (bits[0] !== 1 || bits.at(-1) !== 0) return null;
  return bits.slice(1, -1).reduce((number, bit) => number * 2 + bit, 0);
}

globalThis.readBarcode = readBarcode;
