"use strict";
// Pictures of a recording over time: its sound, its cues, its reading speed. Knows neither the player nor the lists.

// A word below DOUBTFUL is more likely wrong than right (the page marks it); a cue below SURE deserves a look.
const SURE = 0.8;
const DOUBTFUL = 0.5;

function levelOf(confidence) {
  if (confidence === null) return "unknown";
  return confidence >= SURE ? "sure" : confidence >= DOUBTFUL ? "unsure" : "doubtful";
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// The index of the last cue that starts at or before a time; -1 before all of them.
function cueBefore(cues, time) {
  let low = 0;
  let high = cues.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle][0] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// Sized for the screen's own pixels; without that, lines are blurred.
function surface(canvas) {
  const box = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(box.width * scale));
  canvas.height = Math.max(1, Math.round(box.height * scale));
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return { pen, width: box.width, height: box.height };
}

// Sound from one time to another, coloured by the cue that it belongs to, with the cues behind it.
function drawSound(canvas, entry, span, { labels = false, marks = false } = {}) {
  const { pen, width, height } = surface(canvas);
  const perSecond = width / (span.to - span.from);
  const x = (time) => (time - span.from) * perSecond;
  const colours = Object.fromEntries(["sure", "unsure", "doubtful", "unknown", "quiet", "ink"].map((n) => [n, colour(n)]));
  const axis = labels ? 20 : 0;
  const middle = (height - axis - (labels ? 20 : 0)) / 2;

  const visible = entry.cues.slice(Math.max(0, cueBefore(entry.cues, span.from)), cueBefore(entry.cues, span.to) + 1);
  for (const [start, end, confidence] of visible) {
    pen.fillStyle = colours[levelOf(confidence)];
    pen.globalAlpha = 0.16;
    pen.fillRect(x(start), 0, Math.max(1, x(end) - x(start) - (labels ? 2 : 0)), height - axis);
  }
  pen.globalAlpha = 1;

  const step = labels ? 3 : 2;
  for (let left = 0; left < width; left += step) {
    const loud = loudest(entry, span.from + left / perSecond, span.from + (left + step) / perSecond);
    const cue = entry.cues[cueBefore(entry.cues, span.from + (left + step / 2) / perSecond)];
    const spoken = cue && span.from + left / perSecond < cue[1];
    pen.fillStyle = spoken ? colours[levelOf(cue[2])] : colours.quiet;
    const half = Math.max(0.5, loud * (middle - 3));
    pen.fillRect(left, middle - half, step - 1, 2 * half);
  }
  if (labels) drawLabels(pen, visible, x, { width, height, axis, span, perSecond, ink: colours.ink });
  if (marks) drawMarks(pen, entry, span, x);
}

function loudest(entry, from, to) {
  if (!entry.peaks.length) return 0;
  const first = Math.max(0, Math.floor(from / entry.interval_s));
  const last = Math.min(entry.peaks.length, Math.max(first + 1, Math.ceil(to / entry.interval_s)));
  let most = 0;
  for (let i = first; i < last; i++) most = Math.max(most, entry.peaks[i]);
  return most / entry.loudest;
}

// The words at the foot of each cue as far as there is room, and times below.
function drawLabels(pen, cues, x, { width, height, axis, span, perSecond, ink }) {
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = ink;
  for (const [start, end, , lines] of cues) {
    const room = x(end) - x(start) - 10;
    if (room < 24) continue;
    pen.save();
    pen.beginPath();
    pen.rect(x(start) + 4, 0, room, height);
    pen.clip();
    pen.fillText(lines.map((line) => line.flat().join("")).join(" "), x(start) + 5, height - axis - 7);
    pen.restore();
  }
  const tick = [0.5, 1, 2, 5, 10, 15, 30, 60].find((seconds) => seconds * perSecond > 70) || 120;
  pen.globalAlpha = 0.65;
  for (let time = Math.ceil(span.from / tick) * tick; time <= span.to; time += tick) {
    pen.fillRect(x(time), height - axis, 1, 4);
    if (x(time) < width - 30) pen.fillText(clock(time, tick < 1), x(time) + 4, height - 5);
  }
  pen.globalAlpha = 1;
}

// A triangle at the upper edge for each rule that is broken there.
function drawMarks(pen, entry, span, x) {
  pen.fillStyle = colour("problem");
  for (const [at] of entry.violations) {
    if (at < span.from || at > span.to) continue;
    pen.beginPath();
    pen.moveTo(x(at) - 5, 0);
    pen.lineTo(x(at) + 5, 0);
    pen.lineTo(x(at), 8);
    pen.fill();
  }
}

// A bar for each cue, as high as it is to be read fast; what is above the standard's limit stands out.
function drawSpeed(canvas, entry, span) {
  const { pen, width, height } = surface(canvas);
  const limit = entry.fastest_cps;
  const speeds = entry.cues.map((cue) => cue[4]);
  const top = Math.max(10, limit ? limit * 1.3 : 0, Math.min(60, Math.max(0, ...speeds.slice(0, 50_000)))) * 1.08;
  const y = (speed) => height - (Math.min(speed, top) / top) * (height - 4);
  const x = (time) => ((time - span.from) / (span.to - span.from)) * width;
  const [fine, fast, ink] = ["accent", "problem", "ink"].map(colour);
  entry.cues.forEach(([start, end], i) => {
    pen.fillStyle = limit && speeds[i] > limit + 0.05 ? fast : fine;
    pen.globalAlpha = 0.75;
    pen.fillRect(x(start), y(speeds[i]), Math.max(1, x(end) - x(start) - 1), height - y(speeds[i]));
  });
  pen.globalAlpha = 1;
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = ink;
  pen.strokeStyle = fast;
  if (limit) {
    pen.setLineDash([5, 4]);
    pen.beginPath();
    pen.moveTo(0, y(limit));
    pen.lineTo(width, y(limit));
    pen.stroke();
    pen.fillText(`limit ${limit}`, 4, y(limit) - 4);
  }
}

function clock(seconds, tenths = false) {
  const whole = Math.floor(seconds + 1e-6);
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const rest = tenths ? `.${Math.floor((seconds + 1e-6 - whole) * 10)}` : "";
  return (h ? `${h}:${two(m)}` : m) + `:${two(s)}${rest}`;
}
