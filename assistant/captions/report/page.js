// The lists, the player and what ties them together. Text comes into the page as text only: nothing here parses HTML.

const WINDOW_S = 24; // of the enlarged sound: speech of which words can still be told apart

const entries = [...document.querySelectorAll("script.entry")].map((block) => {
  const entry = JSON.parse(block.textContent);
  entry.peaks = Uint8Array.from(atob(entry.peaks), (letter) => letter.charCodeAt(0));
  entry.loudest = entry.peaks.reduce((most, peak) => Math.max(most, peak), 1);
  block.remove();
  return entry;
});

const byId = (id) => document.getElementById(id);
let shown = null; // what the open recording's view can do: seek, toggle, step, redraw

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function count(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

function stateOf(entry) {
  if (entry.failure !== null) return "failed";
  return entry.violations.length ? "flawed" : "fine";
}

function lineOf(entry) {
  if (entry.failure !== null) return entry.failure;
  const problems = entry.violations.length ? ` · ${count(entry.violations.length, "problem", "problems")}` : "";
  return `${clock(entry.duration_s)} · ${entry.language || "?"} · ${count(entry.cues.length, "cue", "cues")}${problems}`;
}

function showList() {
  const wanted = byId("filter").value.toLowerCase();
  const onlyFlawed = byId("flawed").checked;
  const rows = [];
  entries.forEach((entry, index) => {
    if (!entry.title.toLowerCase().includes(wanted) || (onlyFlawed && stateOf(entry) === "fine")) return;
    const mark = element("span", { class: `state ${stateOf(entry)}`, role: "img", "aria-label": stateOf(entry) });
    const title = element("span", { class: "title", dir: "auto" }, entry.title);
    const facts = element("span", { class: "facts" }, lineOf(entry));
    const button = element("button", { type: "button", onclick: () => open(index) }, mark, title, facts);
    if (shown && shown.index === index) button.setAttribute("aria-current", "true");
    rows.push(element("li", {}, button));
  });
  byId("list").replaceChildren(...rows, ...(rows.length ? [] : [element("li", { class: "empty" }, "nothing found")]));
}

function open(index) {
  location.replace(`#${index + 1}`);
}

function showHash() {
  const index = Math.min(entries.length, Math.max(1, Number.parseInt(location.hash.slice(1), 10) || 1)) - 1;
  if (shown) shown.close();
  shown = entries.length ? { index, ...viewOf(entries[index]) } : null;
  showList();
  if (shown) shown.redraw();
}

function viewOf(entry) {
  const facts = [clock(entry.duration_s), entry.language, entry.model, count(entry.cues.length, "cue", "cues")];
  const link = entry.link ? element("a", { href: entry.link, rel: "noreferrer noopener" }, entry.source) : entry.source;
  const head = element(
    "section",
    { class: "head" },
    element("h2", { dir: "auto" }, entry.title),
    element("p", { class: "facts" }, entry.failure === null || entry.cues.length ? `${facts.filter(Boolean).join(" · ")} · ` : "", link),
    entry.failure === null ? null : element("p", { class: "notice", dir: "auto" }, entry.failure),
  );
  if (entry.failure !== null && !entry.cues.length) {
    byId("detail").replaceChildren(head);
    return { redraw() {}, close() {}, seek() {}, toggle() {}, step() {} };
  }
  return captionedView(entry, head);
}

function captionedView(entry, head) {
  let now = 0;
  let current = -2;
  let frame = 0;
  const whole = { from: 0, to: Math.max(entry.duration_s, 0.1) };
  const player = playerOf(entry);
  const onScreen = element("p", { class: "on-screen", dir: "auto", "aria-hidden": "true" });
  const overview = timeline("The whole sound with its cues", whole.to, seek);
  const closeUp = timeline("The sound around the present moment", whole.to, seek);
  const speed = element("canvas", { class: "speed", role: "img", "aria-label": "Reading speed of each cue over time" });
  const rows = entry.cues.map((cue, index) => cueRow(entry, cue, index, seek));
  const list = element("ol", { class: "cues" }, ...rows);

  function span() {
    const from = Math.max(0, Math.min(now - WINDOW_S / 3, whole.to - WINDOW_S));
    return { from, to: Math.min(whole.to, from + WINDOW_S) };
  }

  function redraw() {
    drawSound(overview.canvas, entry, whole, { marks: true });
    drawSpeed(speed, entry, whole);
    follow(true);
  }

  function follow(force = false) {
    now = player ? player.currentTime : now;
    drawSound(closeUp.canvas, entry, span(), { labels: true, marks: true });
    overview.place(now, whole);
    closeUp.place(now, span());
    const before = cueBefore(entry.cues, now);
    const next = before >= 0 && now < entry.cues[before][1] ? before : -1;
    if (next === current && !force) return;
    rows[current]?.firstChild.removeAttribute("aria-current");
    rows[next]?.firstChild.setAttribute("aria-current", "true");
    onScreen.replaceChildren(...(next < 0 ? [] : textOf(entry.cues[next])));
    if (next >= 0) list.scrollTop = rows[next].offsetTop - list.clientHeight / 3;
    current = next;
  }

  function animate() {
    follow();
    frame = player.paused ? 0 : requestAnimationFrame(animate);
  }

  function seek(time) {
    now = Math.max(0, Math.min(time, whole.to));
    if (player) player.currentTime = now;
    follow();
  }

  if (player) {
    player.addEventListener("play", () => (frame = frame || requestAnimationFrame(animate)));
    for (const event of ["seeked", "loadedmetadata", "pause"]) player.addEventListener(event, () => follow());
  }
  byId("detail").replaceChildren(
    head,
    element("section", { class: "stage" }, player, onScreen, player ? hint() : null),
    panel("Sound and cues", legend(), overview.box, closeUp.box),
    panel("Reading speed, characters per second", null, speed),
    element("div", { class: "columns" }, panel("Cues", null, list), panel("Problems", null, problemsOf(entry, seek))),
  );
  return {
    redraw,
    seek,
    close: () => cancelAnimationFrame(frame),
    toggle: () => player && (player.paused ? player.play() : player.pause()),
    step(by) {
      const index = cueBefore(entry.cues, now + 0.001) + by;
      if (entry.cues[index]) seek(entry.cues[index][0]);
    },
  };
}

function playerOf(entry) {
  if (!entry.media) return null;
  return element(entry.is_video ? "video" : "audio", { src: entry.media, controls: true, preload: "metadata" });
}

function hint() {
  return element("p", { class: "hint" }, element("kbd", {}, "space"), " plays and pauses, ", element("kbd", {}, ","),
    " and ", element("kbd", {}, "."), " go from cue to cue");
}

function panel(title, extra, ...content) {
  return element("section", { class: "panel" }, element("header", {}, element("h3", {}, title), extra), ...content);
}

function legend() {
  const names = { sure: "confident", unsure: "less so", doubtful: "doubtful", quiet: "no cue" };
  const items = Object.entries(names).map(([level, name]) => element("li", {}, element("i", { class: level }), name));
  return element("ul", { class: "legend" }, ...items);
}

// A canvas that is also a slider: a click goes there, the arrow keys move by a second, with shift by ten.
function timeline(label, longest, seek) {
  const canvas = element("canvas", {
    tabindex: "0", role: "slider", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": String(longest),
  });
  const needle = element("i", { class: "needle" });
  let span = { from: 0, to: longest };
  let now = 0;
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    seek(span.from + ((event.clientX - box.left) / box.width) * (span.to - span.from));
  });
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    seek(now + by * (event.shiftKey ? 10 : 1));
  });
  function place(time, seen) {
    [now, span] = [time, seen];
    needle.style.left = `${((time - seen.from) / (seen.to - seen.from)) * 100}%`;
    canvas.setAttribute("aria-valuenow", time.toFixed(1));
    canvas.setAttribute("aria-valuetext", clock(time, true));
  }
  return { canvas, place, box: element("div", { class: "timeline" }, canvas, needle) };
}

// Doubtful words come in lists of one.
function textOf([, , , lines]) {
  return lines.map((line) =>
    element("span", { class: "line" },
      ...line.map((part) => (Array.isArray(part) ? element("u", { title: "doubtful" }, part[0]) : part))));
}

function cueRow(entry, cue, index, seek) {
  const [start, end, confidence] = cue;
  const speed = cue[4];
  const fast = entry.fastest_cps && speed > entry.fastest_cps + 0.05;
  const broken = entry.violations.filter(([, number]) => number === index + 1).map(([, , rule]) => rule);
  const button = element("button", { type: "button", class: levelOf(confidence), onclick: () => seek(start) },
    element("time", {}, clock(start, true)),
    element("span", { class: "text", dir: "auto" }, ...textOf(cue)),
    element("span", { class: "numbers" },
      element("span", { class: fast ? "fast" : "" }, `${speed.toFixed(0)} cps`), ` · ${(end - start).toFixed(1)} s`,
      ...broken.map((rule) => element("span", { class: "broken" }, rule))));
  return element("li", {}, button);
}

function problemsOf(entry, seek) {
  if (!entry.violations.length) return element("p", { class: "none" }, "None: the captions keep every rule.");
  const rows = entry.violations.map(([at, number, rule, message]) =>
    element("li", {}, element("button", { type: "button", onclick: () => seek(at) },
      element("time", {}, clock(at, true)), element("b", {}, `${rule} `), element("span", {}, `cue ${number}: ${message}`))));
  return element("ol", { class: "problems" }, ...rows);
}

function summary() {
  const failed = entries.filter((entry) => entry.failure !== null).length;
  const problems = entries.reduce((sum, entry) => sum + entry.violations.length, 0);
  const hours = entries.reduce((sum, entry) => sum + (entry.failure === null ? entry.duration_s : 0), 0);
  byId("summary").append(
    element("span", { class: "chip fine" }, `${count(entries.length - failed, "recording", "recordings")} captioned`),
    element("span", { class: "chip" }, `${clock(hours)} of sound`),
    element("span", { class: problems ? "chip flawed" : "chip" }, count(problems, "problem", "problems")),
    element("span", { class: failed ? "chip failed" : "chip" }, `${failed} failed`),
  );
}

document.addEventListener("keydown", (event) => {
  if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, button, audio, video, a") && event.key === " ") return;
  if (event.target.closest("input")) return;
  const act = { " ": () => shown.toggle(), ",": () => shown.step(-1), ".": () => shown.step(1) }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
byId("filter").addEventListener("input", showList);
byId("flawed").addEventListener("change", showList);
window.addEventListener("hashchange", showHash);
window.addEventListener("resize", () => shown && shown.redraw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown && shown.redraw());
summary();
showHash();
