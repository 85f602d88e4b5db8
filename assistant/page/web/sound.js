// Microphone and loudspeaker of this browser. Both may be asked for only after a click: browsers insist.

export const RATE_HZ = 24000; // of all sound on the socket

const WORKLETS = new URL("worklets.js", import.meta.url);

/** What went wrong, in words that say what to do. */
export class SoundUnavailable extends Error {}

/**
 * Events: "heard" {samples, level}; "began", "played" {item, samples, level}, "drained", "overflowed" of the
 * loudspeaker.
 */
export class Sound extends EventTarget {
  #context = null;
  #opening = null;
  #loudspeaker = null;
  #stream = null;
  #source = null;

  /** The loudspeaker, ready to be played to. */
  async open() {
    this.#opening ??= this.#load();
    await this.#opening;
    await this.#context.resume();
  }

  /**
   * Starts to listen.
   * @throws {SoundUnavailable}
   */
  async listen() {
    await this.open();
    if (this.#stream) return;
    this.#stream = await openMicrophone();
    this.#source = this.#context.createMediaStreamSource(this.#stream);
    const frames = new AudioWorkletNode(this.#context, "microphone", { numberOfOutputs: 0 });
    frames.port.onmessage = ({ data }) => this.#tell("heard", data);
    this.#source.connect(frames);
  }

  /** Gives the microphone back; the loudspeaker goes on. */
  deafen() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#source?.disconnect();
    this.#stream = this.#source = null;
  }

  get isListening() {
    return this.#stream !== null;
  }

  /** Plays after what is there. `samples`: an ArrayBuffer of 16-bit samples; it is given away. */
  put(item, samples) {
    this.#loudspeaker?.port.postMessage({ what: "put", item, samples }, [samples]);
  }

  /** `what`: "duck", "hold", "resume" or "clear". */
  command(what) {
    this.#loudspeaker?.port.postMessage({ what });
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

async function openMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) throw new SoundUnavailable(INSECURE);
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wanted });
  } catch (error) {
    throw new SoundUnavailable(REFUSALS[error.name] ?? `The microphone cannot be used: ${error.message}`);
  }
}
