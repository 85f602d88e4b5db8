// Microphone and loudspeaker of this browser. Both may be asked for only after a click: browsers insist.

export const RATE_HZ = 24000; // of all sound on the socket

const PATIENCE_MS = 4000; // a device in use by others, or that sleeps, takes a second or two
const WORKLETS = new URL("worklets.js", import.meta.url);

/** What went wrong, in words that say what to do. */
export class SoundUnavailable extends Error {}

/**
 * Events: "heard" {samples, level}, "lost" of the microphone; "began", "played" {item, samples, level}, "drained",
 * "overflowed" of the loudspeaker.
 */
export class Sound extends EventTarget {
  #context = null;
  #opening = null;
  #loudspeaker = null;
  #microphone = null;
  #wantsMicrophone = false;

  constructor() {
    super();
    // Telephones take the sound away from a page that is not looked at.
    document.addEventListener("visibilitychange", () => document.hidden || this.#context?.resume());
  }

  /** The loudspeaker, ready to be played to. */
  async open() {
    this.#opening ??= this.#load();
    await this.#opening;
    this.#context.resume(); // not waited for: where no click went before, a browser keeps that waiting for ever
  }

  /**
   * Starts to listen, unless `deafen` is called meanwhile: people think about it when a browser asks them.
   * @param microphone its id; "": as the browser chooses, as where it is gone.
   * @throws {SoundUnavailable}
   */
  async listen(microphone) {
    this.#wantsMicrophone = true;
    await this.open();
    await this.#running();
    const stream = await openMicrophone(microphone);
    if (this.#microphone || !this.#wantsMicrophone) stop(stream);
    else this.#microphone = this.#connect(stream);
  }

  /** Gives the microphone back; the loudspeaker goes on. */
  deafen() {
    this.#wantsMicrophone = false;
    if (!this.#microphone) return;
    const { stream, source, frames } = this.#microphone;
    stop(stream);
    source.disconnect();
    frames.port.onmessage = null;
    frames.port.postMessage("end");
    this.#microphone = null;
  }

  get isListening() {
    return this.#microphone !== null;
  }

  /** Plays after what is there. `samples`: an ArrayBuffer of 16-bit samples; it is given away. */
  put(item, samples) {
    this.#loudspeaker?.port.postMessage({ what: "put", item, samples }, [samples]);
  }

  /** `what`: "duck", "hold", "resume" or "clear". */
  command(what) {
    this.#loudspeaker?.port.postMessage({ what });
  }

  /** After a click the sound begins at once, or never: without any device for it a browser waits in silence. */
  async #running() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new SoundUnavailable(SILENT)), PATIENCE_MS);
    });
    await Promise.race([this.#context.resume(), late]).finally(() => clearTimeout(timer));
  }

  #connect(stream) {
    const source = this.#context.createMediaStreamSource(stream);
    const frames = new AudioWorkletNode(this.#context, "microphone", { numberOfOutputs: 0 });
    frames.port.onmessage = ({ data }) => this.#tell("heard", data);
    source.connect(frames);
    for (const track of stream.getTracks()) track.onended = () => this.#tell("lost"); // unplugged, or no longer allowed
    return { stream, source, frames };
  }

  async #load() {
    if (!window.isSecureContext) throw new SoundUnavailable(INSECURE);
    this.#context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    await this.#context.audioWorklet.addModule(WORKLETS);
    this.#loudspeaker = new AudioWorkletNode(this.#context, "loudspeaker", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#loudspeaker.port.onmessage = ({ data }) => this.#tell(data.what, data);
    this.#loudspeaker.connect(this.#context.destination);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

const SILENT =
  "The browser starts no sound. Is a loudspeaker or a headphone connected? Press Talk again after that. " +
  "Typing works meanwhile.";
const INSECURE =
  "Browsers give the microphone only to pages that come over https, or from this very machine. " +
  "Open the page as http://localhost, or put a server with a certificate in front of it. Typing works meanwhile.";

const REFUSALS = {
  NotAllowedError:
    "The browser does not let this page use the microphone. Allow it beside the address of the page, " +
    "then press Talk again. Typing works meanwhile.",
  NotFoundError: "No microphone was found. Plug one in, then press Talk again. Typing works meanwhile.",
  NotReadableError: "Another program holds the microphone. Close it, then press Talk again. Typing works meanwhile.",
};

async function openMicrophone(id) {
  if (!navigator.mediaDevices?.getUserMedia) throw new SoundUnavailable(INSECURE);
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  if (id) wanted.deviceId = { ideal: id };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wanted });
  } catch (error) {
    throw new SoundUnavailable(REFUSALS[error.name] ?? `The microphone cannot be used: ${error.message}`);
  }
}
