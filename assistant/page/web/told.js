// What follows from each event of the server. Its own events, which begin with "assistant.", are said in
// assistant/serve/realtime/extensions.py.

import { fromBase64 } from "./socket.js";

const OVER = 1000; // RFC 6455, section 7.4.1: the assistant, or the user, has said goodbye
const ENDED = "The connection to the assistant has ended. Press Talk, or type, to begin a new conversation.";
// The reply had ended by itself when the user wanted it to end: all is well.
const NO_MATTER = new Set(["response_cancel_not_active"]);

/** Makes the tab follow its socket. */
export function follow(talk) {
  const on = (type, then) => talk.socket.addEventListener(type, ({ detail }) => then(detail));
  hear(talk, on);
  speak(talk, on);
  draw(talk, on);
  on("assistant.notice", ({ text }) => talk.chat.note(text));
  on("error", ({ error }) => NO_MATTER.has(error.code) || talk.face.complain(error.message));
  on("closed", ({ code }) => {
    talk.deafen();
    talk.sound.command("clear");
    talk.chat.breakOff();
    talk.show("off");
    if (code === OVER) talk.chat.note("The conversation is over.");
    else if (!talk.face.hasComplained) talk.face.complain(ENDED); // otherwise it was said why
  });
}

function hear(talk, on) {
  const { album, chat } = talk;
  const transcription = "conversation.item.input_audio_transcription";
  const starts = new Map(); // id -> milliseconds, of what is being said
  const forget = ({ item_id }) => {
    talk.face.caption("");
    chat.drop(item_id);
    if (talk.state === "thinking") talk.rest();
  };
  on("assistant.partial", ({ item_id, committed, tentative }) => {
    talk.face.caption(committed + tentative);
    chat.hear(item_id, { committed, tentative });
  });
  on(`${transcription}.completed`, ({ item_id, transcript }) => {
    talk.face.caption("");
    chat.hear(item_id, { committed: transcript, isFinal: true });
  });
  on(`${transcription}.failed`, forget);
  on("assistant.speech_dropped", forget);
  on("input_audio_buffer.speech_started", ({ item_id, audio_start_ms }) => starts.set(item_id, audio_start_ms));
  on("input_audio_buffer.committed", ({ item_id }) => album.committed(item_id));
  on("input_audio_buffer.speech_stopped", ({ item_id, audio_end_ms }) => {
    album.said(item_id, starts.get(item_id) ?? audio_end_ms, audio_end_ms);
    starts.delete(item_id);
    talk.spokenAt = performance.now() - album.sinceHeard(audio_end_ms);
    talk.soundedAt = null;
    talk.show("thinking");
  });
}

function speak(talk, on) {
  const { album, chat, sound } = talk;
  on("response.output_item.added", ({ item }) => item.type === "message" && chat.write(item.id, ""));
  on("response.output_text.delta", ({ item_id, delta }) => chat.write(item_id, delta));
  // The words come just before the sound that ends them.
  on("response.output_audio_transcript.delta", ({ item_id, delta }) => chat.write(item_id, delta));
  on("response.output_audio.delta", ({ item_id, delta }) => {
    const samples = fromBase64(delta);
    chat.sounds(item_id, samples.byteLength / 2);
    album.answered(item_id, samples);
    sound.put(item_id, samples);
  });
  for (const what of ["duck", "hold", "resume"]) on(`assistant.${what}`, () => sound.command(what));
  on("response.done", ({ response }) => end(talk, response));
  on("assistant.timeline", ({ seconds: { end: _, ...ends } }) => {
    const page = talk.soundedAt && talk.spokenAt ? (talk.soundedAt - talk.spokenAt) / 1000 : null;
    talk.times.add({ ...ends, page });
  });
}

function end(talk, { status, output, status_details: details }) {
  const { chat, sound } = talk;
  for (const { id, type, content } of output) {
    if (type !== "message") continue;
    const [part] = content;
    if (status === "completed" || status === "incomplete") chat.finish(id);
    else chat.cut(id, part?.transcript ?? part?.text ?? "");
  }
  if (status === "cancelled" || status === "failed") sound.command("clear");
  if (status === "failed") talk.face.complain(details?.error?.message ?? "The reply failed.");
  if (talk.state === "thinking") talk.rest();
  talk.face.hasConversation = true;
}

function draw(talk, on) {
  const { album, chat } = talk;
  const address = ({ media_type, data }) => `data:${media_type};base64,${data}`;
  on("assistant.picture.started", ({ picture_id, prompt }) => chat.draw(picture_id, { prompt }));
  on("assistant.picture.progress", ({ picture_id, step, steps, preview }) => {
    chat.draw(picture_id, { share: step / steps, preview: preview && address(preview) });
  });
  on("assistant.picture.ready", ({ picture_id, prompt, licence, picture }) => {
    album.drawn(picture_id, picture.media_type, fromBase64(picture.data));
    const isFilm = picture.media_type.startsWith("video/");
    chat.hang(picture_id, { prompt, licence, address: address(picture), isFilm });
    talk.face.hasConversation = true;
  });
  on("assistant.picture.dropped", ({ picture_id, reason }) => chat.giveUp(picture_id, reason));
}
