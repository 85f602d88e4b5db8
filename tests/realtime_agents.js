// OpenAI's agents client in a spoken conversation: asks with one recording, interrupts the answer with another, and
// prints, as JSON, what it knows of the conversation at the end.
//   deno run -A tests/realtime_agents.js SOCKET QUESTION.pcm INTERRUPTION.pcm
import { RealtimeAgent, RealtimeSession } from "npm:@openai/agents-realtime@0.20.0";

const [url, question, interruption] = Deno.args;
const CHUNK = 4800; // 0.1 s at 24 kHz

const session = new RealtimeSession(new RealtimeAgent({ name: "clerk" }), { transport: "websocket" });
const seen = { bytes: 0, interrupted: 0, errors: [] };
session.on("error", ({ error }) => seen.errors.push(JSON.stringify(error)));
session.on("audio_interrupted", () => seen.interrupted++);

async function speak(file) {
  const sound = await Deno.readFile(file);
  for (let start = 0; start < sound.length; start += CHUNK) {
    session.sendAudio(sound.slice(start, start + CHUNK).buffer);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

let interrupting = false;
session.on("audio", ({ data }) => {
  seen.bytes += data.byteLength;
  if (seen.bytes > 48_000 && !interrupting) {
    interrupting = true;
    speak(interruption);
  }
});
const answered = new Promise((resolve) => {
  let turns = 0;
  session.transport.on("turn_done", () => ++turns == 2 && setTimeout(resolve, 500)); // items follow it
});

await session.connect({ apiKey: "none", url });
await speak(question);
await answered;
const history = session.history.map(({ role, content }) => ({ role, said: content[0].transcript ?? content[0].text }));
console.log(JSON.stringify({ ...seen, history }));
session.close();
