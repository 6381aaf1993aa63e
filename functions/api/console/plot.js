// Plots as SVG: bars by day, and horizontal bars of named amounts.

import { html } from "./vendor-preact.js";

const WIDTH = 720;
const HEIGHT = 190;
const LEFT = 64;
const BOTTOM = 24;

/** Returns a round number at or above the largest value, so that the axis has simple labels. */
export const ceiling = (value) => {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * unit).find((limit) => limit >= value);
};

/** A bar for each point { label, value }; `format` makes the text of a value. */
export const Bars = ({ points, format, title }) => {
  const top = ceiling(Math.max(...points.map((point) => point.value), 0));
  const step = (WIDTH - LEFT) / Math.max(1, points.length);
  const y = (value) => (HEIGHT - BOTTOM) * (1 - value / top) + 6;
  const every = Math.ceil(points.length / 6);
  return html`<figure class="plot">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT + 8}" role="img" aria-label=${title}>
      ${[0, 0.5, 1].map(
        (part) => html`<g class="axis">
          <line x1=${LEFT} x2=${WIDTH} y1=${y(part * top)} y2=${y(part * top)} />
          <text x=${LEFT - 6} y=${y(part * top) + 4} text-anchor="end">${format(part * top)}</text>
        </g>`,
      )}
      ${points.map(
        (point, place) => html`<g class="point">
          <rect x=${LEFT + place * step + step * 0.15} width=${step * 0.7}
            y=${y(point.value)} height=${Math.max(0, y(0) - y(point.value))} rx="1.5">
            <title>${point.label}: ${format(point.value)}</title>
          </rect>
          ${(points.length - 1 - place) % every === 0 &&
          html`<text x=${Math.min(LEFT + (place + 0.5) * step, WIDTH - 28)} y=${HEIGHT} text-anchor="middle">${point.label}</text>`}
        </g>`,
      )}
    </svg>
  </figure>`;
};
