// The client of the public API. The key stays in this tab's session storage and is sent in a header.

const base = new URL(".", document.baseURI);
const STORED = "understudy-key";

export const session = {
  get key() {
    return sessionStorage.getItem(STORED) || "";
  },
  open(key) {
    sessionStorage.setItem(STORED, key);
  },
  close() {
    sessionStorage.removeItem(STORED);
    window.dispatchEvent(new Event("signed-out"));
  },
};

/** An error response of the API, or a request that got none. Its text is a sentence. */
export class ApiError extends Error {
  constructor(message, { status = 0, code = null, param = null, requestId = "" } = {}) {
    super(message);
    Object.assign(this, { status, code, param, requestId });
  }
}

const NO_CONNECTION = "The server cannot be reached. Check the connection and try again.";

/** Sends a request and returns the response. Raises ApiError for any status but 2xx. */
export const send = async (method, path, { body, query, signal, form } = {}) => {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query || {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  const headers = { authorization: `Bearer ${session.key}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  let response;
  try {
    const content = form || (body === undefined ? undefined : JSON.stringify(body));
    response = await fetch(url, { method, headers, body: content, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(NO_CONNECTION);
  }
  if (response.ok) return response;
  throw await refusal(response);
};

const refusal = async (response) => {
  const requestId = response.headers.get("x-request-id") || "";
  const found = await response.json().catch(() => ({}));
  const { message, code, param } = found.error || {};
  if (response.status === 401) session.close();
  const text = message || `The server answered with status ${response.status}.`;
  return new ApiError(text, { status: response.status, code, param, requestId });
};

export const get = async (path, query, signal) =>
  (await send("GET", path, { query, signal })).json();

export const post = async (path, body = {}) => (await send("POST", path, { body })).json();

export const upload = async (file, purpose) => {
  const form = new FormData();
  form.append("purpose", purpose);
  form.append("file", file);
  return (await send("POST", "files", { form })).json();
};

/** Returns an address of this page for a file's content, which only this tab can use. */
export const contentUrl = async (fileId) => {
  const response = await send("GET", `files/${fileId}/content`);
  return URL.createObjectURL(await response.blob());
};

/** Yields the events of a stream as { event, data }, where data is parsed JSON. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parsed(block);
      if (event) yield event;
    }
  }
}

const parsed = (block) => {
  const fields = {};
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^(event|data): ?(.*)$/.exec(line) || [];
    if (name) fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  }
  if (fields.data === undefined || fields.data === "[DONE]") return null;
  return { event: fields.event || "message", data: JSON.parse(fields.data) };
};
