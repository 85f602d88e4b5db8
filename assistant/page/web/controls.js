// What the user can press, type, choose and drop on the Talk tab, and what of it the tab does then.

import { save } from "./dom.js";

/** Makes the tab follow its buttons, fields and keys. */
export function obey(talk) {
  const find = (name) => talk.element.querySelector(`.va-${name}`);
  obeyButton(talk, find("talk"));
  find("hold-mode").addEventListener("change", () => talk.changeMode());
  find("type").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.querySelector("input");
    const text = field.value.trim();
    field.value = "";
    if (text) talk.write(text).then((isSent) => isSent || (field.value ||= text)); // nobody types it twice
  });
  find("ideas").addEventListener("click", ({ target }) => {
    if (!target.matches("button")) return;
    find("chat").focus(); // the ideas go with the first entry, and would take the focus with them
    talk.write(target.textContent);
  });
  find("upload").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) talk.upload(file);
  });
  find("download").addEventListener("click", () => save(talk.archive(), "conversation.zip"));
  find("anew").addEventListener("click", () => talk.beginAnew());
  talk.element.addEventListener("keydown", ({ key }) => key === "Escape" && talk.stop());
  talk.settings.addEventListener("changed", () => talk.configure());
  talk.microphones.addEventListener("chosen", () => talk.changeMicrophone());
  talk.profile.addEventListener("chosen", () => talk.takeProfile());
}

function obeyButton(talk, button) {
  const isTalkKey = ({ key }) => key === " " || key === "Enter";
  button.addEventListener("click", () => talk.isHolding || talk.toggle());
  button.addEventListener("pointerdown", (event) => event.button === 0 && talk.hold());
  button.addEventListener("keydown", (event) => isTalkKey(event) && !event.repeat && talk.hold());
  button.addEventListener("keyup", (event) => isTalkKey(event) && talk.release());
  for (const end of ["pointerup", "pointercancel", "pointerleave", "blur"]) {
    button.addEventListener(end, () => talk.release());
  }
  // A telephone opens a menu for a finger that stays.
  button.addEventListener("contextmenu", (event) => talk.isHolding && event.preventDefault());
}
