// The settings: a form, and what the protocol makes of it.

import { make } from "./dom.js";

const SAMPLING = ["temperature", "top_k", "top_p", "repetition_penalty"];

/** Event: "changed", once what was entered can be used. */
export class Settings extends EventTarget {
  #form;

  /** @param panel the `details`. @param about what about.py says of this server. */
  constructor(panel, about) {
    super();
    this.panel = panel;
    this.#form = panel.querySelector("form");
    const { elements } = this.#form;
    fill(elements.voice, about.voices.map((name) => [name, name]));
    fill(elements.language, [["", "As you speak"], ...Object.entries(about.languages)]);
    fill(elements.persona, about.personas.map(({ name }, index) => [index, name]));
    elements.language.value = about.language;
    elements.instructions.value = about.personas[0].instructions;
    for (const [name, value] of Object.entries(about.sampling)) elements[name].value = value ?? "";
    elements.max_new_tokens.max = about.sampling.max_new_tokens;
    panel.querySelector(".va-profile").textContent = `Profile: ${about.profile}`;
    panel.querySelector(".va-models ul").append(...about.models.map(inUse));
    elements.persona.addEventListener("change", () => {
      elements.instructions.value = about.personas[elements.persona.value].instructions;
    });
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", () => this.#change());
    this.#summarise();
  }

  /** `session` of a session.update. */
  session({ isHandsFree }) {
    const { elements } = this.#form;
    const sampling = Object.fromEntries(SAMPLING.map((name) => [name, Number(elements[name].value)]));
    return {
      type: "realtime",
      instructions: elements.instructions.value,
      max_output_tokens: Number(elements.max_new_tokens.value),
      audio: {
        input: { turn_detection: isHandsFree ? { type: "semantic_vad" } : null },
        output: { voice: elements.voice.value },
      },
      assistant: {
        ...sampling,
        language: elements.language.value,
        seed: elements.seed.value === "" ? null : Number(elements.seed.value),
      },
    };
  }

  #change() {
    if (!this.#form.reportValidity()) return;
    this.#summarise();
    this.dispatchEvent(new CustomEvent("changed"));
  }

  #summarise() {
    const { voice, language, persona } = this.#form.elements;
    const chosen = [voice, language, persona].map(({ selectedOptions: [option] }) => option.text);
    this.panel.querySelector(".va-summary").textContent = chosen.join(" · ");
  }
}

function fill(select, options) {
  select.append(...options.map(([value, text]) => make("option", { value, text })));
}

function inUse({ stage, name, licence }) {
  return make("li", {}, make("span", { text: stage }), make("b", { text: name }), make("i", { text: licence }));
}
