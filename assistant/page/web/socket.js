// The realtime protocol of OpenAI (GA) over one WebSocket: events as JSON, sound as base64 within them.

import { PATIENCE_MS, SILENT } from "./server.js";

/** Events: each of the server's, by its type, with the whole event as `detail`; "traffic" {event, isSent} of both sides;
 * "closed" {code, reason} of one that was open and that was not closed from here. */
export class Realtime extends EventTarget {
  #socket = null;

  /** @param address of the socket; @param key of the server, "" where it needs none. */
  constructor(address, key) {
    super();
    this.address = address;
    // A browser can send no header with a WebSocket, so the key is a subprotocol, as OpenAI's own clients send it.
    this.protocols = ["realtime", ...(key ? [`openai-insecure-api-key.${key}`] : [])];
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Resolves when events can be sent; rejects with an `Error` where the server does not answer. */
  open() {
    const socket = new WebSocket(this.address, this.protocols);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      this.#tell(event, false);
      this.dispatchEvent(new CustomEvent(event.type, { detail: event }));
    };
    return new Promise((resolve, reject) => {
      socket.onopen = () => {
        socket.onclose = ({ code, reason }) => this.dispatchEvent(new CustomEvent("closed", { detail: { code, reason } }));
        resolve();
      };
      socket.onclose = () => reject(new Error(SILENT));
      setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), PATIENCE_MS);
    });
  }

  /** Sends an event; what is said to a closed socket is not heard. */
  send(type, fields = {}) {
    if (!this.isOpen) return;
    const event = { type, ...fields };
    this.#tell(event, true);
    this.#socket.send(JSON.stringify(event));
  }

  #tell(event, isSent) {
    this.dispatchEvent(new CustomEvent("traffic", { detail: { event, isSent } }));
  }

  /** Ends the conversation; nothing is told of it. */
  close() {
    if (!this.#socket) return;
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }
}

/** @param samples an ArrayBuffer of 16-bit samples. */
export function toBase64(samples) {
  let letters = "";
  for (const byte of new Uint8Array(samples)) letters += String.fromCharCode(byte);
  return btoa(letters);
}

/** The bytes as an ArrayBuffer. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}
