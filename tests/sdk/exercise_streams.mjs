// What code that streams runs does with openai-node: AssistantStream with its events.
// Takes the API's base URL and a key as arguments; prints a JSON object of what it saw.

import { createRequire } from "node:module";

const [baseURL, apiKey, modules] = process.argv.slice(2);
const OpenAI = createRequire(`${modules}/`)("openai").OpenAI;
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const { assistants, threads } = client.beta;

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const names = [
  "textCreated", "textDelta", "textDone", "messageCreated", "messageDone", "runStepCreated",
  "runStepDone", "toolCallCreated", "toolCallDelta", "end",
];

async function followed(stream) {
  const seen = { events: [], callbacks: [], text: "" };
  for (const name of names) {
    stream.on(name, () => seen.callbacks.includes(name) || seen.callbacks.push(name));
  }
  stream.on("event", ({ event }) => seen.events.push(event));
  stream.on("textDelta", (delta) => (seen.text += delta.value ?? ""));
  const run = await stream.finalRun();
  return [seen, run];
}

const assistant = await assistants.create({ model: "gpt-4o", tools: [weather] });
const asked = await threads.create({ messages: [{ role: "user", content: "Hello, I am Ada." }] });
const [handled] = await followed(
  threads.runs.stream(asked.id, { assistant_id: assistant.id }),
);
const [called, run] = await followed(
  threads.createAndRunStream({
    assistant_id: assistant.id,
    thread: { messages: [{ role: "user", content: "What is the weather in Oslo?" }] },
  }),
);
const calls = run.required_action.submit_tool_outputs.tool_calls;
const [outputs] = await followed(
  threads.runs.submitToolOutputsStream(run.id, {
    thread_id: run.thread_id,
    tool_outputs: calls.map((call) => ({ tool_call_id: call.id, output: "rain" })),
  }),
);
console.log(JSON.stringify({ handled, called, outputs }));
