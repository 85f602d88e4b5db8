// The Talk tab: what follows from what the user does, and from what is played. What the server tells is in told.js.

import { Album } from "./album.js";
import { Chat } from "./chat.js";
import { save } from "./dom.js";
import { decoded } from "./recording.js";
import { Ring } from "./ring.js";
import { Settings } from "./settings.js";
import { toBase64, Realtime } from "./socket.js";
import { RATE_HZ, Sound } from "./sound.js";
import { Times } from "./times.js";
import { follow } from "./told.js";

const PIECE = RATE_HZ; // samples of a recording in one message: a second
const STATES = {
  off: "Press Talk, and ask anything.",
  listening: "Listening",
  thinking: "Thinking …",
  speaking: "Speaking. You can interrupt.",
};
const HOLD_STATES = {
  ...STATES,
  off: "Hold the button, or the space bar on it, while you speak.",
  listening: "Let go when you have finished.",
};

/** @param element the tab, filled with talk.html. `value`: what about.py says of this server. */
export function begin(element, { value: about }) {
  follow(new Talk(element, about));
}

class Talk {
  #find = (name) => this.element.querySelector(`.va-${name}`);
  #isHandsFree = false; // the microphone is on, and the server decides when a turn ends
  #isHeld = false; // the button is held down, in the other mode
  #opening = null;
  state = "off";
  spokenAt = null; // `performance.now()` when the user's last word ended
  soundedAt = null; // … and when the first sound of the reply came

  constructor(element, about) {
    this.element = element;
    this.about = about;
    this.chat = new Chat(this.#find("chat"));
    this.ring = new Ring(this.#find("ring"));
    this.times = new Times(this.#find("times"));
    this.album = new Album();
    this.sound = new Sound();
    this.settings = new Settings(this.#find("settings"), about);
    const address = new URL("v1/realtime?model=local", document.baseURI);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new Realtime(address, about.key);
    this.#listenToButton();
    this.#listenToForms();
    this.#listenToSound();
  }

  /** "off", "listening", "thinking" or "speaking". */
  show(state) {
    this.state = state;
    this.element.querySelector(".va").dataset.state = this.ring.state = state;
    this.#find("state").textContent = (this.#isHolding ? HOLD_STATES : STATES)[state];
    this.#find("talk").setAttribute("aria-pressed", String(this.#isListening));
    this.#find("talk-label").textContent = this.#isHolding ? "Hold" : this.#isHandsFree ? "Stop" : "Talk";
  }

  /** Nobody is thinking or speaking any more. */
  rest() {
    this.show(this.#isListening ? "listening" : "off");
  }

  /** Below the button: what is being said. */
  caption(text) {
    this.#find("live").textContent = text;
  }

  /** Tells the user what is wrong; "" takes it back. */
  complain(text) {
    const alert = this.#find("alert");
    alert.textContent = text;
    alert.hidden = !text;
  }

  /** Something can be downloaded. */
  offerDownload() {
    this.#find("download").disabled = false;
  }

  /** Gives the microphone back. */
  deafen() {
    this.#isHandsFree = this.#isHeld = false;
    this.sound.deafen();
    this.caption("");
    if (this.state === "listening") this.show("off");
    else this.show(this.state);
  }

  #listenToButton() {
    const talk = this.#find("talk");
    const isTalkKey = ({ key }) => key === " " || key === "Enter";
    talk.addEventListener("click", () => this.#isHolding || this.#toggle());
    talk.addEventListener("pointerdown", ({ button }) => button === 0 && this.#hold());
    talk.addEventListener("keydown", (event) => isTalkKey(event) && !event.repeat && this.#hold());
    talk.addEventListener("keyup", (event) => isTalkKey(event) && this.#release());
    for (const end of ["pointerup", "pointercancel", "pointerleave", "blur"]) {
      talk.addEventListener(end, () => this.#release());
    }
    this.#find("hold-mode").addEventListener("change", () => {
      if (this.#isHandsFree) this.deafen();
      this.show(this.state);
      this.#configure();
    });
  }

  #listenToForms() {
    this.#find("type").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write(event.target.querySelector("input"));
    });
    this.#find("upload").addEventListener("change", ({ target }) => this.#upload(target));
    this.#find("download").addEventListener("click", () => {
      save(this.album.archive(this.chat.turns, this.times.turns), "conversation.zip");
    });
    this.settings.addEventListener("changed", () => this.#configure());
  }

  #listenToSound() {
    const on = (type, then) => this.sound.addEventListener(type, ({ detail }) => then(detail));
    on("heard", ({ samples, level }) => {
      if (!this.#isListening) return;
      if (this.state !== "speaking") this.ring.level = level;
      this.socket.send("input_audio_buffer.append", { audio: toBase64(samples) });
      this.album.heard(samples);
    });
    on("began", () => {
      this.soundedAt ??= performance.now();
      this.show("speaking");
    });
    on("played", ({ item, samples, level }) => {
      this.ring.level = level;
      this.chat.mark(item, samples);
      this.socket.send("assistant.played", { item_id: item, audio_end_ms: Math.floor((1000 * samples) / RATE_HZ) });
    });
    on("drained", () => this.rest());
  }

  get #isHolding() {
    return this.#find("hold-mode").checked;
  }

  get #isListening() {
    return this.#isHandsFree || this.#isHeld;
  }

  async #toggle() {
    if (this.#isHandsFree) {
      this.deafen();
      return;
    }
    await this.#trying(async () => {
      await this.#connect();
      await this.sound.listen();
      this.#isHandsFree = true;
      this.#configure();
      this.rest();
    });
  }

  async #hold() {
    if (!this.#isHolding || this.#isHeld) return;
    this.#isHeld = true;
    await this.#trying(async () => {
      await this.#connect();
      this.#interrupt();
      this.socket.send("input_audio_buffer.clear");
      await this.sound.listen();
      if (this.#isHeld) this.show("listening");
      else this.sound.deafen(); // let go before the microphone was there
    });
  }

  #release() {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (!this.sound.isListening) return;
    this.sound.deafen();
    this.#ask();
  }

  async #write(field) {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    await this.#trying(async () => {
      await this.#connect();
      this.#interrupt();
      const id = `item_${[...crypto.getRandomValues(new Uint32Array(3))].join("")}`;
      this.chat.hear(id, { committed: text, isFinal: true });
      const content = [{ type: "input_text", text }];
      this.socket.send("conversation.item.create", { item: { id, type: "message", role: "user", content } });
      this.#respond();
    });
  }

  async #upload(field) {
    const [file] = field.files;
    field.value = "";
    if (!file) return;
    await this.#trying(async () => {
      const samples = await decoded(file, this.about.longest_question_s);
      this.deafen();
      await this.#connect();
      this.#configure();
      this.#interrupt();
      this.socket.send("input_audio_buffer.clear");
      for (let at = 0; at < samples.length; at += PIECE) {
        this.socket.send("input_audio_buffer.append", { audio: toBase64(samples.slice(at, at + PIECE).buffer) });
      }
      this.#ask();
    });
  }

  /** What was sent is a turn. */
  #ask() {
    this.socket.send("input_audio_buffer.commit");
    this.#respond();
  }

  #respond() {
    this.spokenAt = performance.now();
    this.soundedAt = null;
    this.socket.send("response.create");
    this.show("thinking");
  }

  /** A reply that is on its way, or sounds, ends here. */
  #interrupt() {
    if (this.state !== "speaking" && this.state !== "thinking") return;
    this.socket.send("response.cancel");
    this.sound.command("clear");
  }

  async #connect() {
    if (!this.socket.isOpen) {
      this.#opening ??= this.socket.open().finally(() => (this.#opening = null));
      await this.#opening;
      this.#configure();
    }
    if (window.isSecureContext) await this.sound.open(); // elsewhere the reply can only be read
  }

  #configure() {
    this.socket.send("session.update", { session: this.settings.session({ isHandsFree: this.#isHandsFree }) });
  }

  /** The boundary at which whatever goes wrong becomes a line for the user. */
  async #trying(act) {
    this.complain("");
    try {
      await act();
    } catch (error) {
      this.deafen();
      this.complain(error.message);
    }
  }
}
