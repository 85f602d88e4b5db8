// The conversation as a list: what was said, what is answered and drawn. Knows nothing of sockets or sound.

import { make } from "./dom.js";
import { SpokenText } from "./spoken_text.js";

const NEAR_END = 60; // px: who has scrolled up further than this is reading, and is left there

export class Chat {
  #entries = new Map(); // id -> {item, text, …}
  #isFollowed = true; // the newest stays in sight
  #welcome;
  #top = 0; // where it was scrolled to

  /** @param log scrolls, and holds a welcome and the `ol` that is filled. */
  constructor(log) {
    this.log = log;
    this.list = log.querySelector("ol");
    this.#welcome = log.querySelector(".va-welcome");
    log.addEventListener("scroll", () => this.#scrolled());
    new ResizeObserver(() => this.#follow()).observe(this.list);
  }

  /** What the user says or has typed; grows while it is heard. */
  hear(id, { committed, tentative = "", isFinal = false }) {
    const entry = this.#entry(id, "user", "You");
    entry.text = committed;
    entry.body.replaceChildren(committed, make("span", { class: "va-tentative", text: tentative }));
    entry.item.classList.toggle("va-partial", !isFinal);
    entry.item.setAttribute("aria-busy", String(!isFinal));
  }

  /** It was no utterance after all. */
  drop(id) {
    this.#entries.get(id)?.item.remove();
    this.#entries.delete(id);
  }

  /** The newest piece of a reply. */
  write(id, delta) {
    const entry = this.#reply(id);
    entry.spoken.append(delta);
    entry.text = entry.spoken.text;
  }

  /** The last text of reply `id` sounds for so many more samples. */
  sounds(id, samples, end) {
    this.#reply(id).spoken.sounds(samples, end);
  }

  /** So much of it was played. */
  mark(id, samples) {
    this.#entries.get(id)?.spoken?.mark(samples);
  }

  /** It is complete, and was heard or read to its end. */
  finish(id) {
    const entry = this.#entries.get(id);
    if (!entry?.spoken || entry.item.classList.contains("va-cut")) return;
    entry.spoken.markAll();
    entry.item.setAttribute("aria-busy", "false"); // now a screen reader reads it, in one piece
  }

  /** The user's words ended it. @param heard the text that was heard, where the server knows it. */
  cut(id, heard) {
    const entry = this.#entries.get(id);
    if (!entry?.spoken || entry.item.classList.contains("va-cut")) return;
    entry.text = entry.spoken.cut(heard);
    entry.isCut = true;
    entry.item.classList.add("va-cut");
    entry.item.append(make("p", { class: "va-cut-note", text: "interrupted here" }));
    entry.item.setAttribute("aria-busy", "false");
  }

  /** Something to know that is no part of the conversation. */
  note(text) {
    this.list.append(make("li", { class: "va-notice", text }));
    this.#welcomeOver();
  }

  /** A picture in the making. @param share in [0, 1]; null: it has not begun. @param preview address, or nothing. */
  draw(id, { prompt = this.#entries.get(id)?.text ?? "", share = null, preview }) {
    const entry = this.#picture(id, prompt);
    entry.bar.value = share ?? 0;
    if (preview) entry.image.src = preview;
  }

  /** It is finished. @param address where it is. @param isFilm an animation that is no image to a browser. */
  hang(id, { prompt, address, licence, isFilm }) {
    const entry = this.#picture(id, prompt);
    if (isFilm) {
      const film = make("video", { autoplay: true, loop: true, muted: true, playsinline: true, "aria-label": prompt });
      entry.image.replaceWith(film);
      entry.image = film;
    }
    entry.image.src = address;
    entry.image.alt = entry.text = prompt;
    entry.item.classList.remove("va-partial");
    entry.item.setAttribute("aria-busy", "false");
    entry.bar.remove();
    entry.caption.textContent = licence ? `${prompt} · ${licence}` : prompt;
  }

  /** It will not come. */
  giveUp(id, reason) {
    const entry = this.#entries.get(id);
    if (!entry?.image) return;
    entry.bar.remove();
    if (!entry.image.getAttribute("src")) entry.image.remove();
    entry.image.alt = entry.text;
    entry.item.setAttribute("aria-busy", "false");
    entry.text = `${entry.text}: ${reason}`;
    entry.caption.textContent = entry.text;
  }

  /** A connection is new: the assistant knows nothing of what stands above. */
  begin() {
    if (this.#entries.size) this.note("A new conversation begins here. The assistant does not know what stands above.");
  }

  /** The connection has ended: nothing that is under way will come. */
  breakOff() {
    for (const [id, { item, image, spoken }] of this.#entries) {
      if (item.getAttribute("aria-busy") !== "true") continue;
      if (image) this.giveUp(id, "the connection has ended");
      else if (spoken) this.cut(id);
      else item.setAttribute("aria-busy", "false");
    }
  }

  clear() {
    this.#entries.clear();
    this.list.replaceChildren();
    this.log.prepend(this.#welcome);
    this.#isFollowed = true;
  }

  /** All that was said and drawn, in order; `at`: `performance.now()` when it appeared. */
  get turns() {
    return [...this.#entries]
      .map(([id, { role, text, at, isCut }]) => ({ id, role, text, at, isCut: Boolean(isCut) }))
      .filter(({ text }) => text);
  }

  #entry(id, role, name) {
    if (!this.#entries.has(id)) {
      const body = make("p", { class: "va-text", dir: "auto" });
      const item = make("li", { class: `va-${role}`, "aria-busy": "true" }, make("span", { class: "va-who", text: name }), body);
      this.list.append(item);
      this.#entries.set(id, { item, body, role, text: "", at: performance.now() });
      this.#welcomeOver();
    }
    return this.#entries.get(id);
  }

  #reply(id) {
    const entry = this.#entry(id, "assistant", "Assistant");
    entry.spoken ??= new SpokenText(entry.body);
    return entry;
  }

  #picture(id, prompt) {
    const entry = this.#entry(id, "picture", "Assistant");
    if (!entry.image) {
      entry.text = prompt;
      entry.image = make("img", { alt: `A picture is being made: ${prompt}` });
      entry.bar = make("progress", { max: 1, value: 0, "aria-label": "Progress of the picture" });
      entry.caption = make("figcaption", { text: prompt });
      entry.body.replaceWith(make("figure", {}, entry.image, entry.bar, entry.caption));
      entry.item.classList.add("va-partial");
    }
    return entry;
  }

  #welcomeOver() {
    this.#welcome.remove();
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    if (scrollTop < this.#top) this.#isFollowed = false;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) this.#isFollowed = true;
    this.#top = scrollTop;
  }

  #follow() {
    if (this.#isFollowed) this.log.scrollTop = this.log.scrollHeight;
  }
}
