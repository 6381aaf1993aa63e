// Messages of a thread: text, images, charts, files and citations.

import { html, useEffect, useState } from "./vendor-preact.js";
import { contentUrl } from "./api.js";
import { Markdown } from "./markdown.js";
import { Download, Failure, Time } from "./ui.js";

export const Picture = ({ fileId }) => {
  const [shown, set] = useState({});
  useEffect(() => {
    let url;
    contentUrl(fileId).then(
      (made) => set({ url: (url = made) }),
      (error) => set({ error }),
    );
    return () => url && URL.revokeObjectURL(url);
  }, [fileId]);
  if (shown.error) return html`<${Failure} error=${shown.error} />`;
  return html`<figure>
    ${shown.url && html`<img src=${shown.url} alt="Image ${fileId}" />`}
    <figcaption><${Download} fileId=${fileId} name=${`${fileId}.png`}>Download the image<//></figcaption>
  </figure>`;
};

/** Returns the files that a text's annotations name, each once. */
const citedFiles = (annotations) => {
  const files = new Map();
  for (const each of annotations) {
    const fileId = (each.file_citation || each.file_path || {}).file_id;
    const named = { fileId, text: each.text, kind: each.type };
    if (fileId && !files.has(fileId)) files.set(fileId, named);
  }
  return [...files.values()];
};

const Text = ({ part }) => {
  const files = citedFiles(part.text.annotations || []);
  return html`<${Markdown} text=${part.text.value} />
    ${files.length > 0 &&
    html`<ul class="files">
      ${files.map(
        ({ fileId, text, kind }) => html`<li>
          <span class="quiet">${kind === "file_path" ? "File" : "Source"} ${text}</span>
          <${Download} fileId=${fileId} />
        </li>`,
      )}
    </ul>`}`;
};

const Part = ({ part }) => {
  if (part.type === "text") return html`<${Text} part=${part} />`;
  if (part.type === "image_file") return html`<${Picture} fileId=${part.image_file.file_id} />`;
  if (part.type === "image_url") {
    return html`<p>Image at <code>${part.image_url.url.slice(0, 200)}</code></p>`;
  }
  return html`<p class="quiet">${part.refusal || part.type}</p>`;
};

export const Message = ({ message, threadId }) =>
  html`<article class="message ${message.role}" id=${message.id}>
    <header>
      <strong>${message.role === "user" ? "User" : "Assistant"}</strong>
      <${Time} seconds=${message.created_at} />
      ${message.run_id &&
      html`<a href="#/threads/${threadId}/runs/${message.run_id}">How it was made</a>`}
    </header>
    ${message.content.map((part) => html`<${Part} part=${part} />`)}
    ${(message.attachments || []).length > 0 &&
    html`<ul class="files">
      ${message.attachments.map(
        (each) => html`<li><span class="quiet">Attachment</span> <${Download} fileId=${each.file_id} /></li>`,
      )}
    </ul>`}
  </article>`;
