// What was said and drawn, kept in this page alone until it is closed: for the download.

import { RATE_HZ } from "./sound.js";
import { Tape } from "./tape.js";
import { zip } from "./zip.js";

const LONGEST = RATE_HZ * 60 * 60; // samples of both sides: an hour, 173 MB; what is older is let go
const UTTERANCE = RATE_HZ * 120; // samples of the microphone: twice as long as one may talk without a pause
const ENDINGS = { "image/png": "png", "image/gif": "gif", "video/mp4": "mp4" };
const NAMES = { user: "You", assistant: "Assistant", picture: "Picture" };

export class Album {
  #microphone = new Tape(UTTERANCE); // as the server counts it
  #microphoneAt = 0; // `performance.now()` of its newest sample
  #held = new Tape(UTTERANCE); // what will be one utterance, since its end is decided here
  #sounds = new Map(); // id -> {tape, start}: an utterance or a reply, and `performance.now()` of its first sample
  #played = new Map(); // id of a reply -> samples of it that were heard
  #pictures = new Map(); // id -> {ending, bytes}

  /** A connection is new: the server counts from here. */
  begin() {
    this.#microphone = new Tape(UTTERANCE);
    this.clearHeard();
  }

  clear() {
    this.begin();
    for (const kept of [this.#sounds, this.#played, this.#pictures]) kept.clear();
  }

  /** The next of the microphone, in which the server finds the utterances. */
  heard(samples) {
    this.#microphone.add(samples);
    this.#microphoneAt = performance.now();
  }

  /** The next of one utterance. */
  held(samples) {
    this.#held.add(samples);
  }

  /** That utterance was none. */
  clearHeard() {
    this.#held = new Tape(UTTERANCE);
  }

  /** Milliseconds since the microphone gave the sample at `ms`. */
  sinceHeard(ms) {
    const behind = (1000 * this.#microphone.total) / RATE_HZ - ms;
    return Math.max(0, behind) + performance.now() - this.#microphoneAt;
  }

  /** Where utterance `id` was found, in milliseconds. */
  said(id, startMs, endMs) {
    const [start, end] = [startMs, endMs].map((ms) => Math.round((ms * RATE_HZ) / 1000));
    this.#keep(id, this.#microphone.part(start, end), performance.now() - this.sinceHeard(startMs));
  }

  /** What was held is utterance `id`. */
  committed(id) {
    if (!this.#held.total) return;
    this.#keep(id, this.#held, performance.now() - (1000 * this.#held.total) / RATE_HZ);
    this.clearHeard();
  }

  /** The next of a reply. The samples are copied. */
  answered(id, samples) {
    if (!this.#sounds.has(id)) this.#keep(id, new Tape(LONGEST), null);
    this.#sounds.get(id).tape.add(samples.slice(0));
  }

  /** So many samples of a reply have been heard. */
  sounded(id, samples) {
    const sound = this.#sounds.get(id);
    if (sound) sound.start ??= performance.now() - (1000 * samples) / RATE_HZ;
    this.#played.set(id, samples);
  }

  drawn(id, mediaType, bytes) {
    this.#pictures.set(id, { ending: ENDINGS[mediaType] ?? "bin", bytes: new Uint8Array(bytes) });
  }

  /**
   * A ZIP: the text with the time of each turn; each utterance, reply and picture under the number of its turn.
   * @param turns of the chat, in order. @param times of the turns, for programs.
   */
  archive(turns, times) {
    const files = [];
    const starts = turns.map(({ id, at }) => this.#sounds.get(id)?.start ?? at);
    const lines = turns.map((turn, index) => {
      const name = `${String(index + 1).padStart(3, "0")}-${turn.role}`;
      const picture = this.#pictures.get(turn.id);
      const tape = this.#heardOf(turn);
      if (tape) files.push({ name: `${name}.wav`, bytes: tape.wav(RATE_HZ) });
      if (picture) files.push({ name: `${name}.${picture.ending}`, bytes: picture.bytes });
      const time = clock((starts[index] - Math.min(...starts)) / 1000);
      return `${time}  ${NAMES[turn.role]}: ${turn.text}${turn.isCut ? " [interrupted here]" : ""}\n`;
    });
    const utf8 = (text) => new TextEncoder().encode(text);
    files.unshift({ name: "conversation.txt", bytes: utf8(lines.join("\n")) });
    files.push({ name: "times.json", bytes: utf8(JSON.stringify(times, null, 2)) });
    return zip(files);
  }

  /** Of a reply that was interrupted only what was heard. */
  #heardOf({ id, isCut }) {
    const tape = this.#sounds.get(id)?.tape;
    return isCut ? tape?.part(0, this.#played.get(id) ?? 0) : tape;
  }

  #keep(id, tape, start) {
    this.#sounds.set(id, { tape, start });
    let kept = [...this.#sounds.values()].reduce((sum, sound) => sum + sound.tape.length, 0);
    for (const [oldest, sound] of this.#sounds) {
      if (kept <= LONGEST || oldest === id) break;
      this.#sounds.delete(oldest);
      kept -= sound.tape.length;
    }
  }
}

/** Seconds as 1:02.5. */
function clock(seconds) {
  const tenths = Math.round(10 * seconds);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}
