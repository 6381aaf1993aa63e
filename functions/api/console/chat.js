// One conversation of the playground: starts runs, follows them, and tells what has changed.

import { events, get, post, send, upload, ApiError } from "./api.js";

const OPEN = ["queued", "in_progress", "cancelling"];
const POLL_MS = 700;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts a run that streams; a server without streaming answers 400, and the run is polled. */
export const startRun = async (threadId, body, on) => {
  const path = `threads/${threadId}/runs`;
  try {
    await follow(await send("POST", path, { body: { ...body, stream: true } }), on);
  } catch (error) {
    if (!isStreamRefused(error)) throw error;
    await poll(await post(path, body), on);
  }
};

/** Submits outputs of the client's calls, and follows the run again. */
export const submitOutputs = async (run, outputs, on) => {
  const path = `threads/${run.thread_id}/runs/${run.id}/submit_tool_outputs`;
  const body = { tool_outputs: outputs };
  try {
    await follow(await send("POST", path, { body: { ...body, stream: true } }), on);
  } catch (error) {
    if (!isStreamRefused(error)) throw error;
    await poll(await post(path, body), on);
  }
};

const isStreamRefused = (error) =>
  error instanceof ApiError && error.status === 400 && error.param === "stream";

/** Passes on the events of a stream: the run, steps, finished messages and pieces of text. */
const follow = async (response, on) => {
  for await (const { event, data } of events(response)) {
    if (event === "error") throw new ApiError((data.error || data).message, { status: 500 });
    if (event === "thread.message.delta") on.text(data.id, textOf(data.delta));
    else if (/^thread\.message\.(completed|incomplete)$/.test(event)) on.message(data);
    else if (event === "thread.run.step.delta") on.stepDelta(data);
    else if (event.startsWith("thread.run.step.")) on.step(data);
    else if (event.startsWith("thread.run.")) on.run(data);
  }
};

const textOf = (delta) =>
  (delta.content || []).map((part) => (part.text && part.text.value) || "").join("");

/** Reads the run until it stops; then its steps and messages. */
export const poll = async (run, on) => {
  on.run(run);
  while (OPEN.includes(run.status)) {
    await wait(POLL_MS);
    run = await get(`threads/${run.thread_id}/runs/${run.id}`);
    on.run(run);
    await showSteps(run, on);
  }
  const page = await get(`threads/${run.thread_id}/messages`, { run_id: run.id, order: "asc" });
  page.data.forEach(on.message);
};

const showSteps = async (run, on) => {
  const steps = await get(`threads/${run.thread_id}/runs/${run.id}/steps`, { order: "asc" });
  steps.data.forEach(on.step);
};

/** Uploads files and returns them as attachments; images become parts of the message. */
export const uploaded = async (files) => {
  const made = { attachments: [], parts: [] };
  for (const file of files) {
    const isImage = file.type.startsWith("image/");
    const { id } = await upload(file, isImage ? "vision" : "assistants");
    const isTable = /\.(csv|tsv|xlsx?|json)$/i.test(file.name);
    if (isImage) made.parts.push({ type: "image_file", image_file: { file_id: id } });
    else {
      const tools = [{ type: isTable ? "code_interpreter" : "file_search" }];
      made.attachments.push({ file_id: id, tools });
    }
  }
  return made;
};
