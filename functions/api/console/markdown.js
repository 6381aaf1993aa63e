// Markdown of messages as sanitised HTML. Loaded when the first message is shown.

import { html, useEffect, useRef } from "./vendor-preact.js";
import { marked } from "./vendor-marked.js";
import "./vendor-purify.js";

const RULES = {
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["href", "title", "start"],
  ALLOWED_URI_REGEXP: /^(https?:|mailto:|#)/i,
};

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escaped = (text) => text.replace(/[&<>]/g, (character) => ESCAPES[character]);

// HTML inside a message is shown as text.
marked.use({ gfm: true, breaks: true, renderer: { html: ({ text }) => escaped(text) } });

/** Returns HTML without scripts, styles, images and forms, whatever the text contains. */
export const safeHtml = (text) => window.DOMPurify.sanitize(marked.parse(text), RULES);

export const Markdown = ({ text }) => {
  const place = useRef();
  useEffect(() => {
    place.current.innerHTML = safeHtml(text);
    for (const link of place.current.querySelectorAll("a")) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
  }, [text]);
  return html`<div class="markdown" ref=${place}></div>`;
};
