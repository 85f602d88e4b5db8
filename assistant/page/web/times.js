// Where the time of each turn went: a bar for each, in a table that a screen reader can read.

import { make } from "./dom.js";

const SHOWN = 6; // turns: what fits beside a conversation

/** Each part ends where the next begins. */
export const PARTS = [
  ["transcript", "hearing"],
  ["first_delta", "first word"],
  ["first_clause", "first clause"],
  ["first_audio", "voice"],
  ["page", "way to the page"],
];

export class Times {
  #turns = [];
  #bars;

  /** @param section with a table and a legend, which are hidden as long as there is nothing to show. */
  constructor(section) {
    this.#bars = section.querySelector(".va-bars");
    const legend = section.querySelector(".va-legend");
    for (const [part, words] of PARTS) {
      legend.append(make("li", {}, make("i", { class: `va-part va-${part}` }), words));
    }
  }

  /** One more turn. @param ends for each part the seconds after the last word at which it ended; null: it did not. */
  add(ends) {
    this.#turns.push(ends);
    const longest = Math.max(...this.#turns.slice(-SHOWN).map((turn) => Math.max(...Object.values(turn))));
    const rows = this.#turns.slice(-SHOWN).map((turn, index) => {
      const number = Math.max(0, this.#turns.length - SHOWN) + index + 1;
      return row(number, turn, longest);
    });
    this.#bars.querySelector("tbody").replaceChildren(...rows);
    this.#bars.hidden = false;
  }

  clear() {
    this.#turns = [];
    this.#bars.hidden = true;
  }

  /** All of them, for the download. */
  get turns() {
    return this.#turns;
  }
}

function row(number, ends, longest) {
  const bar = make("div");
  let from = 0;
  for (const [part, words] of PARTS) {
    const length = Math.max(0, (ends[part] ?? from) - from); // what was ready before takes no time
    from += length;
    if (!length) continue;
    const piece = make("i", { class: `va-part va-${part}`, title: `${words}: ${length.toFixed(2)} s` });
    piece.style.width = `${(100 * length) / longest}%`;
    bar.append(piece, make("span", { class: "va-hidden", text: `${words} ${length.toFixed(2)} s, ` }));
  }
  const cells = [make("td", { class: "va-bar" }, bar), make("td", { text: `${from.toFixed(2)} s` })];
  return make("tr", {}, make("th", { scope: "row", text: number }), ...cells);
}
