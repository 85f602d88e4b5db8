// What the Talk tab tells of itself: the button, what is going on, what is wrong.

import { Ring } from "./ring.js";

const STATES = {
  off: "Press Talk, and ask anything.",
  waking: "Waiting for the microphone …",
  listening: "Listening",
  thinking: "Thinking …",
  speaking: "Speaking. You can interrupt.",
};
const HOLD_STATES = {
  ...STATES,
  off: "Hold the button, or the space bar on it, while you speak.",
  listening: "Let go when you have finished.",
};

export class Face {
  #find = (name) => this.element.querySelector(`.va-${name}`);

  /** @param element the tab. */
  constructor(element) {
    this.element = element;
    this.ring = new Ring(this.#find("ring"));
  }

  /** The microphone is on as long as the button is held down, instead of until it is pressed again. */
  get isHolding() {
    return this.#find("hold-mode").checked;
  }

  /** @param state one of those above. @param isPressed the microphone is on, or about to be. */
  show(state, isPressed) {
    this.element.querySelector(".va").dataset.state = this.ring.state = state;
    this.#find("state").textContent = (this.isHolding ? HOLD_STATES : STATES)[state];
    this.#find("talk").setAttribute("aria-pressed", String(isPressed));
    this.#find("talk-label").textContent = this.isHolding ? "Hold" : isPressed ? "Stop" : "Talk";
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

  /** Whether there is a model that draws: otherwise nobody is given the idea. */
  set canDraw(canIt) {
    this.#find("picture-idea").hidden = !canIt;
  }

  /** Whether something is wrong of which the user was told. */
  get hasComplained() {
    return !this.#find("alert").hidden;
  }

  /** Whether there is a conversation, to be downloaded or left behind. */
  set hasConversation(hasIt) {
    this.#find("download").disabled = this.#find("anew").disabled = !hasIt;
  }
}
