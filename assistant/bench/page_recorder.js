// Runs in the page before anything else: records what its microphone hears and what it gives to its loudspeaker, both on
// the one clock of its sound, so that the time between them is exact to the sample.
(() => {
  const PROCESSOR = `
    const PIECE = 19 * 128; // 0.1 s: ten messages a second do not disturb what is measured
    registerProcessor("recorder", class extends AudioWorkletProcessor {
      filled = 0;
      process([[heard], [played]]) {
        if (!this.filled) {
          this.piece = { at: Date.now(), heard: new Float32Array(PIECE), played: new Float32Array(PIECE) };
        }
        if (heard) this.piece.heard.set(heard, this.filled);
        if (played) this.piece.played.set(played, this.filled);
        this.filled = (this.filled + 128) % PIECE;
        if (!this.filled) this.port.postMessage(this.piece);
        return true;
      }
    });`;
  const pieces = [];
  const { addModule } = AudioWorklet.prototype;
  AudioWorklet.prototype.addModule = async function (address) {
    await addModule.call(this, URL.createObjectURL(new Blob([PROCESSOR], { type: "text/javascript" })));
    await addModule.call(this, address);
  };

  let recorder = null;
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (target, ...rest) {
    const isMicrophone = this instanceof MediaStreamAudioSourceNode;
    if (isMicrophone || target instanceof AudioDestinationNode) {
      recorder ??= record(this.context);
      connect.call(this, recorder, 0, isMicrophone ? 0 : 1);
    }
    return connect.call(this, target, ...rest);
  };

  function record(context) {
    const node = new AudioWorkletNode(context, "recorder", { numberOfInputs: 2, numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => pieces.push(data);
    return node;
  }

  /** All of it: 32-bit samples in base64, and for each piece its length and when it began, Unix time in ms. */
  window.recording = () => ({
    heard: base64("heard"),
    played: base64("played"),
    pieces: pieces.map(({ at, heard }) => [at, heard.length]),
  });

  function base64(side) {
    let letters = "";
    for (const piece of pieces) {
      for (const byte of new Uint8Array(piece[side].buffer)) letters += String.fromCharCode(byte);
    }
    return btoa(letters);
  }
})();
