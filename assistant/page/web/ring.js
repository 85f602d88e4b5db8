// The ring around the button: it breathes while nobody speaks, moves with the voice that is heard, and turns while the
// assistant thinks.

const TICKS = 96;
const COLOURS = { off: "--va-quiet", listening: "--va-listening", thinking: "--va-thinking", speaking: "--va-speaking" };
const LOUD = 0.2; // root mean square of a voice close to the microphone
const FALLING = 0.88; // of the level from one frame to the next: as slowly as meters fall

export class Ring {
  #level = 0;
  #heights = new Float32Array(TICKS);
  #state = "off";

  constructor(canvas) {
    this.canvas = canvas;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    requestAnimationFrame((now) => this.#draw(now));
  }

  /** "off", "waking", "listening", "thinking" or "speaking". */
  set state(state) {
    this.#state = state;
  }

  /** How loud it is now, root mean square in [0, 1]. */
  set level(level) {
    this.#level = Math.max(this.#level, Math.min(1, level / LOUD));
  }

  #draw(now) {
    if (!this.canvas.isConnected) return; // the page has gone
    const { width, height } = this.canvas;
    const brush = this.canvas.getContext("2d");
    brush.clearRect(0, 0, width, height);
    brush.translate(width / 2, height / 2);
    brush.lineCap = "round";
    brush.lineWidth = width / 110;
    brush.strokeStyle = getComputedStyle(this.canvas).getPropertyValue(COLOURS[this.#state] ?? COLOURS.off);
    for (let tick = 0; tick < TICKS; tick++) this.#tick(brush, tick, now / 1000);
    brush.setTransform(1, 0, 0, 1, 0, 0);
    this.#level *= FALLING;
    requestAnimationFrame((later) => this.#draw(later));
  }

  #tick(brush, tick, seconds) {
    const turn = tick / TICKS;
    this.#heights[tick] += (this.#height(turn, this.still.matches ? 0 : seconds) - this.#heights[tick]) * 0.25;
    const inner = this.canvas.width * 0.37;
    const outer = inner + this.canvas.width * (0.012 + 0.1 * this.#heights[tick]);
    const angle = turn * 2 * Math.PI;
    brush.globalAlpha = 0.35 + 0.65 * Math.min(1, this.#heights[tick] * 1.5);
    brush.beginPath();
    brush.moveTo(Math.sin(angle) * inner, -Math.cos(angle) * inner);
    brush.lineTo(Math.sin(angle) * outer, -Math.cos(angle) * outer);
    brush.stroke();
  }

  /** Of a tick at `turn` of the circle, in [0, 1]. */
  #height(turn, seconds) {
    const wave = (waves, speed) => 0.5 + 0.5 * Math.sin(2 * Math.PI * waves * turn + speed * seconds);
    switch (this.#state) {
      case "off":
      case "waking":
        return 0.05 * wave(2, 0.8);
      case "thinking":
        return 0.8 * wave(1, -4) ** 6;
      default:
        return 0.06 + this.#level * (0.25 + 0.75 * wave(5, 2.3) * wave(3, -3.1));
    }
  }
}
