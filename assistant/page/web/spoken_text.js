// The text of a reply, in words that are marked as they are played; code between fences looks like code.

import { make } from "./dom.js";

const FENCE = "```";

export class SpokenText {
  #words = []; // {end, span}: where in the text each ends
  #pieces = []; // {end, samples}: text that is known to sound within these samples, one after the other
  #isCut = false;
  #isOpen = false; // whether the last word may go on
  #isCode = false; // whether what comes stands between fences
  text = "";

  constructor(element) {
    this.element = element;
  }

  /** The newest piece of the text. */
  append(delta) {
    this.text += delta;
    for (const part of delta.match(/\s+|\S+/g) ?? []) {
      if (/^\s/.test(part)) {
        this.#closeWord();
        this.element.append(this.#isCode ? make("span", { class: "va-code", text: part }) : part);
      } else if (this.#isOpen) {
        this.#words.at(-1).span.textContent += part;
        this.#words.at(-1).end += part.length;
      } else {
        const span = make("span", { class: this.#isCode && "va-code", text: part });
        this.element.append(span);
        this.#words.push({ end: this.#length + part.length, span });
        this.#isOpen = true;
      }
      this.#length += part.length;
    }
  }

  #closeWord() {
    const word = this.#isOpen && this.#words.at(-1).span;
    this.#isOpen = false;
    const text = word ? word.textContent : "";
    if (!text.startsWith(FENCE) || (text !== FENCE && text.endsWith(FENCE))) return;
    word.className = "va-fence";
    this.#isCode = !this.#isCode;
  }

  #length = 0;

  /** So many more samples sound, and with them the text up to `end`. */
  sounds(samples, end = this.text.length) {
    const last = this.#pieces.at(-1);
    if (last?.end === end) last.samples += samples;
    else this.#pieces.push({ end, samples });
  }

  /** Marks what the first `samples` said; letters of a piece are taken to be equally long. */
  mark(samples) {
    if (this.#isCut) return; // the loudspeaker's last report comes after the server's verdict
    const end = this.#endAfter(samples);
    for (const word of this.#words) word.span.classList.toggle("said", word.end <= end);
  }

  /** All of it was said. */
  markAll() {
    this.#closeWord();
    for (const word of this.#words) word.span.classList.add("said");
  }

  /** Nothing after this is said any more. Returns what was heard. @param heard where the server knows it. */
  cut(heard) {
    this.#isCut = true;
    const end = heard === undefined ? this.#words.findLast(isSaid)?.end ?? 0 : heard.trimEnd().length;
    for (const word of this.#words) {
      word.span.classList.toggle("said", word.end <= end);
      word.span.classList.toggle("unsaid", word.end > end);
    }
    return this.text.slice(0, end);
  }

  #endAfter(samples) {
    let from = 0;
    let left = samples;
    for (const piece of this.#pieces) {
      if (left < piece.samples) return from + ((piece.end - from) * left) / piece.samples;
      left -= piece.samples;
      from = piece.end;
    }
    return from;
  }
}

const isSaid = ({ span }) => span.classList.contains("said");
