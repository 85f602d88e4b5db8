// Which microphone is listened to, where there are several; this browser remembers that.

import { make } from "./dom.js";

const REMEMBERED = "assistant-microphone";

/** Event: "chosen", by the user. */
export class Microphones extends EventTarget {
  /** @param select is filled, and its label shown, once there is a choice. */
  constructor(select) {
    super();
    this.select = select;
    this.#show([]);
    select.addEventListener("change", () => {
      localStorage.setItem(REMEMBERED, select.value);
      this.dispatchEvent(new CustomEvent("chosen"));
    });
    navigator.mediaDevices?.addEventListener("devicechange", () => this.look());
    this.look();
  }

  /** Its id; "": as the browser chooses. It may have been unplugged since. */
  get chosen() {
    return localStorage.getItem(REMEMBERED) ?? "";
  }

  /** Browsers tell the names only to a page that was allowed to listen. */
  async look() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    // Chromium lists its own choice once more, as "default".
    this.#show(devices.filter(({ kind, label, deviceId }) => kind === "audioinput" && label && deviceId !== "default"));
  }

  #show(microphones) {
    const options = [["", "As the browser chooses"], ...microphones.map(({ deviceId, label }) => [deviceId, label])];
    this.select.replaceChildren(...options.map(([value, text]) => make("option", { value, text })));
    this.select.value = options.some(([value]) => value === this.chosen) ? this.chosen : "";
    this.select.parentElement.hidden = microphones.length < 2;
  }
}
