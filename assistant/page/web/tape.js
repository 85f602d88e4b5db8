// Samples in the order in which they came; of very many the newest.

export class Tape {
  #pieces = [];
  length = 0; // samples that are kept
  total = 0; // samples that ever came

  /** @param longest samples that are kept. */
  constructor(longest) {
    this.longest = longest;
  }

  /** @param samples an ArrayBuffer of 16-bit samples. */
  add(samples) {
    this.#put(new Int16Array(samples));
  }

  /** Samples `start` to `end` of all that ever came, as far as they are kept, as a tape of their own. */
  part(start, end) {
    const found = new Tape(this.longest);
    let at = this.total - this.length;
    for (const piece of this.#pieces) {
      const [from, to] = [start - at, end - at].map((place) => Math.max(0, Math.min(piece.length, place)));
      if (from < to) found.#put(piece.slice(from, to));
      at += piece.length;
    }
    return found;
  }

  /** As a file: 44 bytes of header (RIFF WAVE, PCM, mono), then the samples. */
  wav(rateHz) {
    const bytes = new Uint8Array(44 + 2 * this.length);
    const view = new DataView(bytes.buffer);
    const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
    text(0, "RIFF");
    view.setUint32(4, 36 + 2 * this.length, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true); // length of the format
    view.setUint16(20, 1, true); // PCM
    view.setUint16(22, 1, true); // mono
    view.setUint32(24, rateHz, true);
    view.setUint32(28, 2 * rateHz, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, 2 * this.length, true);
    let at = 44;
    for (const piece of this.#pieces) {
      bytes.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
      at += piece.byteLength;
    }
    return bytes;
  }

  #put(piece) {
    this.#pieces.push(piece);
    this.length += piece.length;
    this.total += piece.length;
    while (this.length > this.longest) this.length -= this.#pieces.shift().length;
  }
}
