// What was heard, said and drawn, kept in this page alone until it is closed: for the download.

import { RATE_HZ } from "./sound.js";
import { zip } from "./zip.js";

const LONGEST = RATE_HZ * 60 * 30; // samples of each side: half an hour, 86 MB; what is older is let go
const ENDINGS = { "image/png": "png", "image/gif": "gif", "video/mp4": "mp4" };

export class Album {
  #heard = new Tape();
  #replies = new Map(); // item -> Tape
  #pictures = new Map(); // id -> {ending, bytes}
  #heardAt = 0;

  /** The next of the microphone, as it was sent. */
  heard(samples) {
    this.#heard.add(samples);
    this.#heardAt = performance.now();
  }

  /** Milliseconds since the microphone gave the sample at `ms` of all that was sent. */
  sinceHeard(ms) {
    const behind = (1000 * this.#heard.total) / RATE_HZ - ms;
    return Math.max(0, behind) + performance.now() - this.#heardAt;
  }

  /** The next of a reply. The samples are copied. */
  played(item, samples) {
    if (!this.#replies.has(item)) this.#replies.set(item, new Tape());
    this.#replies.get(item).add(samples.slice(0));
    let kept = [...this.#replies.values()].reduce((sum, tape) => sum + tape.total, 0);
    for (const [oldest, tape] of this.#replies) {
      if (kept <= LONGEST || oldest === item) break;
      this.#replies.delete(oldest);
      kept -= tape.total;
    }
  }

  drawn(id, mediaType, bytes) {
    this.#pictures.set(id, { ending: ENDINGS[mediaType] ?? "bin", bytes: new Uint8Array(bytes) });
  }

  /** A ZIP: the text, what the microphone heard, each reply, each picture. @param turns of the chat, in order. */
  archive(turns, times) {
    const files = [];
    const lines = turns.map(({ id, role, text }, index) => {
      const name = `${String(index + 1).padStart(3, "0")}-${role}`;
      const tape = this.#replies.get(id);
      const picture = this.#pictures.get(id);
      if (tape) files.push({ name: `${name}.wav`, bytes: tape.wav() });
      if (picture) files.push({ name: `${name}.${picture.ending}`, bytes: picture.bytes });
      return `${{ user: "You", assistant: "Assistant", picture: "Picture" }[role]}: ${text}\n`;
    });
    const utf8 = (text) => new TextEncoder().encode(text);
    files.unshift({ name: "conversation.txt", bytes: utf8(lines.join("\n")) });
    files.push({ name: "times.json", bytes: utf8(JSON.stringify(times, null, 2)) });
    if (this.#heard.total) files.push({ name: "microphone.wav", bytes: this.#heard.wav() });
    return zip(files);
  }
}

/** Samples in the order in which they came; of very many the newest. */
class Tape {
  #pieces = [];
  #kept = 0;
  total = 0; // that ever came

  /** @param samples an ArrayBuffer. */
  add(samples) {
    this.#pieces.push(new Int16Array(samples));
    this.#kept += samples.byteLength / 2;
    this.total += samples.byteLength / 2;
    while (this.#kept > LONGEST) this.#kept -= this.#pieces.shift().length;
  }

  /** As a file: 44 bytes of header (RIFF WAVE, PCM), then the samples. */
  wav() {
    const bytes = new Uint8Array(44 + 2 * this.#kept);
    const view = new DataView(bytes.buffer);
    const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
    text(0, "RIFF");
    view.setUint32(4, 36 + 2 * this.#kept, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true); // length of the format
    view.setUint16(20, 1, true); // PCM
    view.setUint16(22, 1, true); // mono
    view.setUint32(24, RATE_HZ, true);
    view.setUint32(28, 2 * RATE_HZ, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, 2 * this.#kept, true);
    let at = 44;
    for (const piece of this.#pieces) {
      bytes.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
      at += piece.byteLength;
    }
    return bytes;
  }
}
