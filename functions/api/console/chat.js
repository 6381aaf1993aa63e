// One conversation of the playground: starts runs, follows them, and tells what has changed.

import { events, send, upload, ApiError } from "./api.js";

/** Starts a run, and follows it to its end. */
export const startRun = async (threadId, body, on) => {
  const path = `threads/${threadId}/runs`;
  await follow(await send("POST", path, { body: { ...body, stream: true } }), on);
};

/** Submits outputs of the client's calls, and follows the run again. */
export const submitOutputs = async (run, outputs, on) => {
  const path = `threads/${run.thread_id}/runs/${run.id}/submit_tool_outputs`;
  await follow(await send("POST", path, { body: { tool_outputs: outputs, stream: true } }), on);
};

/** Follows a run that was started elsewhere, from its beginning. */
export const followRun = async (run, on) => {
  const path = `threads/${run.thread_id}/runs/${run.id}/stream`;
  await follow(await send("GET", path), on);
};

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
