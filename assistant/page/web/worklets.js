// What must run beside the page: taking sound from the microphone and giving it to the loudspeaker, 128 samples at a
// time. A page that is busy drawing delays neither. Both run at the context's rate, 24 kHz.

const FRAME = 480; // 20 ms: what a turn detector can tell apart, and 50 small messages a second
const REPORT = 960; // 40 ms between two reports of what was played: finer than a word
const DUCKED = 0.15; // -16 dB: loud enough to know that the reply goes on, quiet enough to talk over
const RAMP = 480; // a step in the gain clicks; over 20 ms it does not
const LONGEST = 24000 * 600; // ten minutes are waiting: no reply is that long, so more is a fault of the server

/** Hands on the microphone in frames of 16-bit samples, each with its level. */
class Microphone extends AudioWorkletProcessor {
  frame = new Int16Array(FRAME);
  filled = 0;
  energy = 0;
  isOver = false; // a processor that is not told so lives as long as the page

  constructor() {
    super();
    this.port.onmessage = () => (this.isOver = true);
  }

  process([[samples]]) {
    for (const sample of samples ?? []) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.frame[this.filled++] = clipped * 32767;
      this.energy += clipped * clipped;
      if (this.filled === FRAME) this.send();
    }
    return !this.isOver;
  }

  send() {
    const { buffer } = this.frame;
    this.port.postMessage({ samples: buffer, level: Math.sqrt(this.energy / FRAME) }, [buffer]);
    this.frame = new Int16Array(FRAME);
    this.filled = this.energy = 0;
  }
}

/** Plays the chunks it is sent without a gap, can be turned down, held and cut at once, and says what it has played. */
class Loudspeaker extends AudioWorkletProcessor {
  chunks = []; // {item, samples}
  at = 0; // within the first of them
  waiting = 0;
  target = 1;
  gain = 1;
  isHeld = false;
  item = null; // the one that sounds, or sounded last
  played = 0; // samples of it
  unreported = 0;
  energy = 0;
  isSounding = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this[data.what](data);
  }

  put({ item, samples }) {
    const chunk = new Int16Array(samples);
    if (this.waiting + chunk.length > LONGEST) return this.port.postMessage({ what: "overflowed", item });
    this.chunks.push({ item, samples: chunk });
    this.waiting += chunk.length;
  }

  duck() {
    this.target = DUCKED;
  }

  hold() {
    this.target = 0;
    this.isHeld = true;
  }

  resume() {
    this.target = 1;
    this.isHeld = false;
  }

  clear() {
    this.report();
    this.chunks = [];
    this.at = this.waiting = 0;
    this.gain = 1;
    this.resume();
  }

  process(_, [[output]]) {
    let filled = 0;
    // A held voice fades over its next samples instead of breaking off; what follows them waits.
    while (filled < output.length && this.chunks.length && !(this.isHeld && this.gain === 0)) {
      output[filled++] = this.next();
    }
    if (filled && !this.isSounding) this.sound();
    if (this.unreported >= REPORT || (this.isSounding && !filled)) this.report();
    if (this.isSounding && !filled && !this.chunks.length) this.drained();
    return true;
  }

  next() {
    const [chunk] = this.chunks;
    if (chunk.item !== this.item) this.begin(chunk.item);
    const step = Math.sign(this.target - this.gain) / RAMP;
    this.gain = step > 0 ? Math.min(this.target, this.gain + step) : Math.max(this.target, this.gain + step);
    const sample = (chunk.samples[this.at++] / 32768) * this.gain;
    if (this.at === chunk.samples.length) {
      this.chunks.shift();
      this.at = 0;
    }
    this.waiting--;
    this.played++;
    this.unreported++;
    this.energy += sample * sample;
    return sample;
  }

  begin(item) {
    this.report();
    this.item = item;
    this.played = 0;
    if (this.isSounding) this.sound();
  }

  /** Something is heard: of another item than before, or again, after the next samples had been waited for. */
  sound() {
    this.isSounding = true;
    this.port.postMessage({ what: "began", item: this.item });
  }

  report() {
    if (!this.unreported) return;
    const level = Math.sqrt(this.energy / this.unreported);
    this.port.postMessage({ what: "played", item: this.item, samples: this.played, level });
    this.unreported = this.energy = 0;
  }

  drained() {
    this.isSounding = false;
    this.port.postMessage({ what: "drained", item: this.item });
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("loudspeaker", Loudspeaker);
