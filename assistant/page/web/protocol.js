// What goes over the socket, for people who write clients of their own: a list of events, the newest last.

import { make } from "./dom.js";

const KEPT = 300; // lines: some minutes of conversation
// What comes many times a second: one line for all of a type, until something else happens.
const STREAMED = /\.delta$|^assistant\.(played|partial|picture\.progress)$|\.append$/;
const LONGEST = 160; // letters of one text in an event: sound and pictures are longer, and nobody reads them

/** Follows a socket; fills its list only while somebody looks. */
export class Protocol {
  #lines = []; // {type, isSent, count, atMs, event, row}
  #began = performance.now();

  /** @param panel the `details`, with an `ol`. @param socket a `Realtime`. */
  constructor(panel, socket) {
    this.panel = panel;
    this.list = panel.querySelector("ol");
    socket.addEventListener("traffic", ({ detail }) => this.#note(detail));
    panel.addEventListener("toggle", () => this.#show());
  }

  /** A conversation begins, and its time. */
  clear() {
    this.#lines = [];
    this.#began = performance.now();
    this.list.replaceChildren();
  }

  #note({ event, isSent }) {
    const before = STREAMED.test(event.type) && this.#streamed(event.type);
    if (before) {
      before.event = event;
      before.count++;
      if (before.row) label(before);
      return;
    }
    const line = { type: event.type, isSent, event, count: 1, atMs: performance.now() - this.#began };
    this.#lines.push(line);
    if (this.panel.open) this.#append(line);
    if (this.#lines.length > KEPT) this.#lines.shift().row?.remove();
  }

  /** The line of that type among the newest, if it can go on. */
  #streamed(type) {
    const since = this.#lines.findLastIndex((line) => !STREAMED.test(line.type));
    return this.#lines.slice(since + 1).find((line) => line.type === type);
  }

  #show() {
    this.list.replaceChildren();
    for (const line of this.#lines) {
      if (this.panel.open) this.#append(line);
      else line.row = null;
    }
  }

  #append(line) {
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    line.title = make("summary");
    const text = make("pre");
    const whole = make("details", {}, line.title, text);
    whole.addEventListener("toggle", () => (text.textContent = whole.open ? readable(line.event) : ""));
    line.row = make("li", { class: line.isSent ? "va-sent" : "va-received" }, whole);
    label(line);
    this.list.append(line.row);
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

function label({ title, type, isSent, count, atMs }) {
  const parts = [
    make("span", { text: `${(atMs / 1000).toFixed(2)} s` }),
    make("span", { "aria-label": isSent ? "sent" : "received", role: "img", text: isSent ? "↑" : "↓" }),
    make("code", { text: type }),
  ];
  if (count > 1) parts.push(make("span", { text: `× ${count}` }));
  title.replaceChildren(...parts);
}

function readable(event) {
  const short = (_, value) =>
    typeof value === "string" && value.length > LONGEST ? `${value.slice(0, 40)}… (${value.length} letters)` : value;
  return JSON.stringify(event, short, 2);
}
