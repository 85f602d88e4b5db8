// The Talk tab: what it does, and what follows from what is heard and played. What the user can do is in controls.js,
// what the server tells in told.js.

import { Album } from "./album.js";
import { Chat } from "./chat.js";
import { obey } from "./controls.js";
import { Face } from "./face.js";
import { Microphones } from "./microphones.js";
import { Protocol } from "./protocol.js";
import { ProfileChoice } from "./profile_choice.js";
import { decoded, SHORTEST } from "./recording.js";
import { Server } from "./server.js";
import { Settings } from "./settings.js";
import { toBase64, Realtime } from "./socket.js";
import { RATE_HZ, Sound } from "./sound.js";
import { Times } from "./times.js";
import { follow } from "./told.js";

const PIECE = RATE_HZ; // samples of a recording in one message: a second

/** @param element the tab, filled with talk.html. `key`: of the server, "" where it needs none. */
export async function begin(element, { value: { key } }) {
  const talk = new Talk(element, new Server(key));
  follow(talk);
  obey(talk);
  await talk.trying(() => talk.askServer());
}

class Talk {
  #isHandsFree = false; // the microphone is on, or about to be, and the server decides when a turn ends
  #isHeld = false; // the button is held down, in the other mode
  #opening = null;
  #sent = 0; // samples since the button was pressed
  state = "off";
  spokenAt = null; // `performance.now()` when the user's last word ended
  soundedAt = null; // … and when the first sound of the reply came

  constructor(element, server) {
    const find = (name) => element.querySelector(`.va-${name}`);
    this.element = element;
    this.server = server;
    this.chat = new Chat(find("chat"));
    this.face = new Face(element);
    this.times = new Times(find("times"));
    this.album = new Album();
    this.sound = new Sound();
    this.microphones = new Microphones(find("microphone select"));
    this.settings = new Settings(find("settings"));
    this.profile = new ProfileChoice(find("models"), server);
    this.socket = new Realtime(server.socket, server.key);
    this.protocol = new Protocol(find("protocol"), this.socket);
    this.#listenToSound();
  }

  /** @param state "off", "waking", "listening", "thinking" or "speaking". */
  show(state) {
    this.state = state;
    this.face.show(state, this.#isListening);
  }

  /** Nobody is thinking or speaking any more. */
  rest() {
    this.show(this.#isListening ? "listening" : "off");
  }

  /** Gives the microphone back. What was being said is answered all the same: the server goes on with silence. */
  deafen() {
    this.#isHandsFree = this.#isHeld = false;
    this.sound.deafen();
    this.face.caption("");
    this.show(this.state === "listening" || this.state === "waking" ? "off" : this.state);
  }

  get isHolding() {
    return this.face.isHolding;
  }

  get #isListening() {
    return this.#isHandsFree || this.#isHeld;
  }

  changeMode() {
    if (this.#isListening) this.deafen();
    this.show(this.state);
    this.configure();
  }

  /** Another one is listened to from here on. */
  async changeMicrophone() {
    if (!this.sound.isListening) return;
    this.sound.deafen();
    await this.trying(() => this.#listen());
  }

  async toggle() {
    if (this.#isHandsFree) {
      this.deafen();
      return;
    }
    this.#isHandsFree = true;
    this.show("waking");
    await this.trying(async () => {
      await this.#connect();
      await this.#listen();
      if (!this.#isHandsFree) return; // thought better of meanwhile
      this.configure();
      if (this.state === "waking") this.rest();
    });
  }

  async hold() {
    if (!this.isHolding || this.#isHeld) return;
    this.#isHeld = true;
    this.#sent = 0;
    await this.trying(async () => {
      await this.#connect();
      this.#interrupt();
      this.#clear();
      await this.#listen();
      if (this.#isHeld) this.show("listening");
    });
  }

  release() {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.sound.deafen();
    if (this.#sent >= SHORTEST) this.#ask();
    else this.rest();
  }

  /** What Escape does: first nobody speaks any more, then nobody listens. */
  stop() {
    if (this.state === "speaking" || this.state === "thinking") {
      this.#interrupt();
      this.rest();
    } else this.deafen();
  }

  /** Whether it was sent. */
  async write(text) {
    return await this.trying(async () => {
      await this.#connect();
      this.#interrupt();
      const id = `item_${[...crypto.getRandomValues(new Uint32Array(3))].join("")}`;
      this.chat.hear(id, { committed: text, isFinal: true });
      const content = [{ type: "input_text", text }];
      this.socket.send("conversation.item.create", { item: { id, type: "message", role: "user", content } });
      this.#respond();
    });
  }

  /** Asks what was recorded. @param file of the user's. */
  async upload(file) {
    await this.trying(async () => {
      const samples = await decoded(file, this.about.longest_question_s);
      this.deafen();
      await this.#connect();
      this.configure();
      this.#interrupt();
      this.#clear();
      for (let at = 0; at < samples.length; at += PIECE) this.#send(samples.slice(at, at + PIECE).buffer);
      this.#ask();
    });
  }

  /** All of the conversation, as a Blob. */
  archive() {
    return this.album.archive(this.chat.turns, this.times.turns);
  }

  /** The conversation ends, and is forgotten here too; the next one has the profile that was chosen last. */
  async beginAnew() {
    this.socket.close();
    this.sound.command("clear");
    this.deafen();
    this.show("off");
    for (const part of [this.chat, this.album, this.times, this.protocol]) part.clear();
    this.face.hasConversation = false;
    await this.trying(() => this.askServer());
  }

  /** Another profile has been loaded. */
  async takeProfile() {
    if (this.socket.isOpen) this.profile.say("It is ready. This conversation goes on as it was; the next one has it.");
    else await this.trying(() => this.askServer());
  }

  /** Which profile it serves now: another page may have changed it, or a new start of the server. */
  async askServer() {
    const offer = await this.server.offer();
    this.profile.show(offer);
    if (JSON.stringify(offer.about) === JSON.stringify(this.about)) return;
    this.about = offer.about;
    this.settings.show(this.about);
    this.face.canDraw = this.about.models.some(({ stage }) => stage === "image");
  }

  /** Tells the server what was chosen. */
  configure() {
    this.socket.send("session.update", { session: this.settings.session({ isHandsFree: this.#isHandsFree }) });
  }

  /** The boundary at which whatever goes wrong becomes a line for the user. Whether nothing did. */
  async trying(act) {
    this.face.complain("");
    try {
      await act();
      return true;
    } catch (error) {
      this.deafen();
      this.face.complain(error.message);
      return false;
    }
  }

  async #listen() {
    let microphone = this.microphones.chosen;
    await this.sound.listen(microphone);
    while (this.sound.isListening && microphone !== this.microphones.chosen) {
      microphone = this.microphones.chosen; // while the other one was being opened
      this.sound.deafen();
      await this.sound.listen(microphone);
    }
    this.microphones.look(); // now their names may be known
  }

  #listenToSound() {
    const on = (type, then) => this.sound.addEventListener(type, ({ detail }) => then(detail));
    on("heard", ({ samples, level }) => {
      if (!this.#isListening) return;
      if (this.state !== "speaking") this.face.ring.level = level;
      this.#send(samples);
    });
    on("lost", () => {
      this.deafen();
      this.face.complain("The microphone is gone. Plug it in, or choose another one in the browser, and press Talk again.");
    });
    on("began", () => {
      this.soundedAt ??= performance.now();
      this.show("speaking");
    });
    on("played", ({ item, samples, level }) => {
      this.face.ring.level = level;
      this.chat.mark(item, samples);
      this.album.sounded(item, samples);
      this.socket.send("assistant.played", { item_id: item, audio_end_ms: Math.floor((1000 * samples) / RATE_HZ) });
    });
    on("drained", () => this.rest());
  }

  #send(samples) {
    this.#sent += samples.byteLength / 2;
    this.socket.send("input_audio_buffer.append", { audio: toBase64(samples) });
    if (this.#isHandsFree) this.album.heard(samples);
    else this.album.held(samples);
  }

  #clear() {
    this.socket.send("input_audio_buffer.clear");
    this.album.clearHeard();
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
      this.#opening ??= this.#open().finally(() => (this.#opening = null));
      await this.#opening;
    }
    if (window.isSecureContext) await this.sound.open(); // elsewhere the reply can only be read
  }

  async #open() {
    await this.askServer();
    await this.socket.open();
    this.album.begin();
    this.chat.begin();
    this.configure();
  }
}
