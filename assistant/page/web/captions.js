// The Captions tab's player: a recording, its captions, and where each of them is.

import { make } from "./dom.js";

/** Called by page.py's element. `props.value`: what captions_tab.py says is shown. */
export function begin(element, props, watch) {
  const show = () => render(element, props.value ?? {});
  watch("value", show);
  show();
}

function render(element, { status, title, language, media, captions, cues }) {
  const find = (selector) => element.querySelector(selector);
  find(".va-captions-state").textContent = status ?? "";
  find(".va-player").hidden = !media;
  find(".va-captions-none").hidden = Boolean(media || status);
  if (!media) return;
  find("h2").textContent = title;
  const video = find("video");
  video.src = media;
  const { address } = captions.find(({ format }) => format === "vtt");
  const track = make("track", { kind: "captions", src: address, srclang: language, label: language, default: true });
  video.replaceChildren(track);
  find(".va-files").replaceChildren(
    ...captions.map(({ format, address }) =>
      make("a", { class: "va-tool", href: address, download: `captions.${format}`, text: format.toUpperCase() }),
    ),
  );
  const buttons = cues.map(([start, , text]) => cue(video, start, text));
  find(".va-cues").replaceChildren(...buttons.map((button) => make("li", {}, button)));
  video.ontimeupdate = () => {
    const now = video.currentTime;
    buttons.forEach((button, index) => {
      const [start, end] = cues[index];
      button.toggleAttribute("aria-current", start <= now && now < end);
    });
  };
}

function cue(video, start, text) {
  const minutes = Math.floor(start / 60);
  const time = `${minutes}:${(start % 60).toFixed(1).padStart(4, "0")}`;
  const button = make("button", { type: "button" }, make("time", { text: time }), make("span", { dir: "auto", text }));
  button.addEventListener("click", () => {
    video.currentTime = start;
    video.play();
  });
  return button;
}
