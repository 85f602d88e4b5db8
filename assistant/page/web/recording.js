// A file of the user's, as the samples that the server takes.

import { RATE_HZ, SoundUnavailable } from "./sound.js";

export const SHORTEST = RATE_HZ / 10; // samples: in less there is no word, and the server wants no less
const LARGEST = 100_000_000; // bytes: a browser decodes the whole file in memory

/**
 * @param file any that this browser can play. @param longest_s of it.
 * @returns an Int16Array, mono, 24 kHz. @throws {SoundUnavailable}
 */
export async function decoded(file, longest_s) {
  if (file.size > LARGEST) throw new SoundUnavailable(`${file.name} has more than 100 MB; the Captions tab takes it.`);
  const context = new OfflineAudioContext(1, RATE_HZ, RATE_HZ);
  let audio;
  try {
    audio = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new SoundUnavailable(`${file.name} holds no sound that this browser can read.`);
  }
  if (audio.duration > longest_s) {
    throw new SoundUnavailable(`${file.name} takes ${Math.round(audio.duration)} s; a question may take ${longest_s} s. For long recordings there is the Captions tab.`);
  }
  if (audio.length < SHORTEST) throw new SoundUnavailable(`${file.name} ends before a word could be said.`);
  return Int16Array.from(mono(audio), (sample) => Math.max(-1, Math.min(1, sample)) * 32767);
}

function mono(audio) {
  const mixed = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    audio.getChannelData(channel).forEach((sample, at) => (mixed[at] += sample / audio.numberOfChannels));
  }
  return mixed;
}
