// The settings: a form, and what the protocol makes of it. This browser remembers what was chosen, for each profile.

import { make } from "./dom.js";

const SAMPLING = ["temperature", "top_k", "top_p", "repetition_penalty"];

/** Event: "changed", once what was entered can be used. */
export class Settings extends EventTarget {
  #form;
  #about;
  #usual; // what the profile says, by name
  #entered; // the last values that can be used, by name

  /** @param panel the `details`. */
  constructor(panel) {
    super();
    this.panel = panel;
    this.#form = panel.querySelector("form");
    const { elements } = this.#form;
    elements.persona.addEventListener("change", () => {
      elements.instructions.value = this.#about.personas[elements.persona.value].instructions;
    });
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", () => this.#change());
    this.#form.addEventListener("reset", (event) => {
      event.preventDefault(); // it would be empty
      this.#fill(this.#usual);
      this.#change();
    });
  }

  /** Begins anew with what a profile says. @param about what about.py says of it. */
  show(about) {
    this.#about = about;
    const { elements } = this.#form;
    fill(elements.voice, about.voices.map((name) => [name, name]));
    fill(elements.language, [["", "As you speak"], ...Object.entries(about.languages)]);
    fill(elements.persona, about.personas.map(({ name }, index) => [index, name]));
    elements.language.value = about.language;
    elements.instructions.value = about.personas[0].instructions;
    for (const [name, value] of Object.entries(about.sampling)) elements[name].value = value ?? "";
    elements.max_new_tokens.max = about.sampling.max_new_tokens;
    this.#usual = this.#values();
    this.#fill(this.#remembered());
    if (!this.#form.checkValidity()) this.#fill(this.#usual);
    this.panel.querySelector(".va-models ul").replaceChildren(...about.models.map(inUse));
    this.#take();
  }

  /** `session` of a session.update. */
  session({ isHandsFree }) {
    const { voice, language, instructions, max_new_tokens, seed, ...rest } = this.#entered;
    return {
      type: "realtime",
      instructions,
      max_output_tokens: Number(max_new_tokens),
      audio: {
        input: { turn_detection: isHandsFree ? { type: "semantic_vad" } : null },
        output: { voice },
      },
      assistant: {
        ...Object.fromEntries(SAMPLING.map((name) => [name, Number(rest[name])])),
        language,
        seed: seed === "" ? null : Number(seed),
      },
    };
  }

  #change() {
    if (!this.#form.reportValidity()) return;
    this.#take();
    this.#remember();
    this.dispatchEvent(new CustomEvent("changed"));
  }

  #take() {
    this.#entered = this.#values();
    this.#form.querySelector("[type=reset]").disabled = !this.#own.length;
    const { voice, language, persona } = this.#form.elements;
    const chosen = [voice, language, persona].map(({ selectedOptions: [option] }) => option?.text ?? "");
    this.panel.querySelector(".va-summary").textContent = [this.#about.profile, ...chosen].join(" · ");
  }

  #values() {
    const fields = [...this.#form.elements].filter(({ name }) => name);
    return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
  }

  /** What there is no choice of any more is left as it is. */
  #fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.#form.elements[name];
      if (field && (!field.options || [...field.options].some((option) => option.value === value))) field.value = value;
    }
  }

  get #place() {
    return `assistant-settings-${this.#about.profile}`;
  }

  #remembered() {
    try {
      return JSON.parse(localStorage.getItem(this.#place)) ?? {};
    } catch {
      return {}; // somebody else's
    }
  }

  /** Only what is not as the profile says: the rest follows the profile when that changes. */
  #remember() {
    localStorage.setItem(this.#place, JSON.stringify(Object.fromEntries(this.#own)));
  }

  get #own() {
    return Object.entries(this.#entered).filter(([name, value]) => value !== this.#usual[name]);
  }
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => make("option", { value, text })));
}

function inUse({ purpose, name, licence }) {
  return make("li", {}, make("span", { text: purpose }), make("b", { text: name }), make("i", { text: licence }));
}
