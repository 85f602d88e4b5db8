// Talks to a running `assistant serve` with OpenAI's agents client, in writing, and lends it a function.
//   deno run -A examples/clients/agents.js ws://127.0.0.1:8765/v1/realtime "What time is it?"
import { RealtimeAgent, RealtimeSession, tool } from "npm:@openai/agents-realtime@0.20.0";
import { z } from "npm:zod@4.6.7";

const [url, question] = Deno.args;

const clock = tool({
  name: "clock",
  description: "The time of day.",
  parameters: z.object({ zone: z.string() }),
  execute: ({ zone }) => `It is noon in ${zone}.`, // runs here: the server only asks for it
});

const agent = new RealtimeAgent({ name: "clerk", instructions: "Be brief.", tools: [clock] });
const session = new RealtimeSession(agent, { transport: "websocket", config: { outputModalities: ["text"] } });
session.on("agent_tool_start", (_context, _agent, { name }) => console.log(`calls: ${name}`));
session.on("agent_end", (_context, _agent, text) => {
  if (!text) return; // it only called a function; the answer follows
  console.log(`says: ${text}`);
  session.close();
});
session.on("error", ({ error }) => {
  console.error(error);
  Deno.exit(1);
});

await session.connect({ apiKey: "none", url });
session.sendMessage(question);
