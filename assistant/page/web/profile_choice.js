// Which profile the next conversation has: a list, and how far its models are loaded.

import { make } from "./dom.js";

/** Event: "chosen", once the server has loaded another profile. */
export class ProfileChoice extends EventTarget {
  #name = "";

  /** @param section with a `select` and a line that says how far it is. @param server see there. */
  constructor(section, server) {
    super();
    this.select = section.querySelector("select");
    this.state = section.querySelector(".va-profile-state");
    this.server = server;
    this.select.addEventListener("change", () => this.#change(this.select.value));
  }

  /** @param offer as `Server.offer` gives it. */
  show({ about: { profile }, profiles, may_switch: maySwitch }) {
    this.#name = profile;
    const options = profiles.map(({ name, obstacle }) =>
      make("option", { value: name, text: label(name, obstacle), disabled: Boolean(obstacle), title: obstacle || null }),
    );
    this.select.replaceChildren(...options);
    this.select.value = profile;
    this.select.disabled = !maySwitch;
    if (!maySwitch) this.say("This server has a key, so others may depend on it: its profile is chosen when it is started.");
  }

  /** Below the list. */
  say(text) {
    this.state.textContent = text;
  }

  async #change(name) {
    this.select.disabled = true;
    try {
      for await (const models of this.server.change(name)) {
        this.say(`Loading ${models.join(", ")} … The conversation goes on meanwhile.`);
      }
      this.#name = name;
      this.say("");
      this.dispatchEvent(new CustomEvent("chosen"));
    } catch (error) {
      this.select.value = this.#name;
      this.say(`${name} cannot be used now. ${error.message}`);
    } finally {
      this.select.disabled = false;
      this.select.focus();
    }
  }
}

function label(name, obstacle) {
  return obstacle ? `${name} (not ready here)` : name;
}
