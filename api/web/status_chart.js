// Bars over time, drawn as SVG for the width that there is. Nothing is drawn for zero; a time of which
// nothing is known is hatched, and an outage is a span across.
import { bucketName, buckets, compact, marks, number, outagesIn, ticks } from "./status_facts.js";

const NS = "http://www.w3.org/2000/svg";
const HEIGHT = 168;
const LEFT = 46;
const TOP = 22;
const FLOOR = HEIGHT - 26;

function shape(name, attributes, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function tip(part, text) {
  part.append(shape("title", {}, text));
  return part;
}

// Stripes for what is not known. Each chart has a pattern of its own name.
function stripes(id) {
  const pattern = shape("pattern", {
    id,
    width: 6,
    height: 6,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(shape("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "stripe" }));
  return pattern;
}

// Neighbours of which nothing is known, as [begin, end].
export function gaps(bars) {
  const found = [];
  for (const bar of bars) {
    if (bar.sums) continue;
    if (found.length && found.at(-1)[1] === bar.begin) found.at(-1)[1] = bar.end;
    else found.push([bar.begin, bar.end]);
  }
  return found;
}

// The time at a place along the chart, and the value at a height of it.
function scales(bars, top, width) {
  const begin = bars[0].begin;
  const end = bars.at(-1).end;
  const right = width - 2;
  return {
    begin,
    end,
    right,
    x: (at) => LEFT + ((Math.min(Math.max(at, begin), end) - begin) / (end - begin)) * (right - LEFT),
    y: (value) => FLOOR - (value / top) * (FLOOR - TOP),
  };
}

// A rectangle from one time to another, as high as the chart.
const area = ({ x }, from, to, attributes) =>
  shape("rect", {
    x: x(from),
    width: Math.max(2, x(to) - x(from)),
    y: TOP,
    height: FLOOR - TOP,
    ...attributes,
  });

function axes(scale, levels, range, width) {
  const { x, y, begin, end, right } = scale;
  const parts = [];
  for (const level of levels) {
    const [y1, y2] = [y(level), y(level)];
    parts.push(shape("line", { class: level ? "grid" : "axis", x1: LEFT, x2: right, y1, y2 }));
    parts.push(shape("text", { class: "level", x: LEFT - 7, y: y1 + 4 }, compact(level)));
  }
  let free = LEFT - 12; // where the last label ends
  for (const [at, label, is_new] of marks(range, begin, end, width)) {
    const [x1, x2] = [x(at), x(at)];
    const line = is_new
      ? { class: "day", y1: TOP, y2: FLOOR + 5 }
      : { class: "axis", y1: FLOOR, y2: FLOOR + 4 };
    parts.push(shape("line", { x1, x2, ...line }));
    const half = label.length * 3.5;
    if (x1 - half < free || x1 + half > width) continue;
    free = x1 + half + 10;
    parts.push(shape("text", { class: is_new ? "mark new" : "mark", x: x1, y: HEIGHT - 7 }, label));
  }
  return parts;
}

function columns({ x, y }, bars, key, range) {
  const parts = [];
  for (const bar of bars) {
    const value = bar.sums?.[key] ?? 0;
    if (value === 0) continue;
    const room = x(bar.end) - x(bar.begin);
    const space = room > 4 ? 1 : 0.5;
    const tall = Math.max(1, FLOOR - y(value));
    const rect = shape("rect", {
      class: bar.is_whole ? "bar" : "bar so-far",
      x: x(bar.begin) + space / 2,
      width: room - space,
      y: FLOOR - tall,
      height: tall,
      "data-value": value,
    });
    parts.push(tip(rect, `${bucketName(range, bar)}: ${number(value)}${bar.is_whole ? "" : " so far"}`));
  }
  return parts;
}

function outageSpans(scale, outages) {
  const parts = [];
  for (const { began_at, ended_at } of outages) {
    const [from, to] = [scale.x(began_at), scale.x(ended_at)];
    parts.push(tip(area(scale, began_at, ended_at, { class: "outage" }), "Outage"));
    if (to - from > 48)
      parts.push(shape("text", { class: "outage-name", x: (from + to) / 2, y: TOP + 14 }, "outage"));
  }
  return parts;
}

// what: {key, title, unit}: which of the sums, how it is called, what one of them is.
export function chart(what, status, range, now, width) {
  const bars = buckets(status, range, now);
  const values = bars.map((bar) => bar.sums?.[what.key] ?? 0);
  const most = Math.max(...values);
  const levels = ticks(most);
  const scale = scales(bars, levels.at(-1), width);
  const outages = outagesIn(status, scale.begin, now);
  const total = number(values.reduce((sum, value) => sum + value, 0));
  const words = `${total} in ${range.name.toLowerCase()}, ${number(most)} in the busiest ${range.each}`;
  const svg = shape("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`,
    width,
    height: HEIGHT,
    role: "img",
    "aria-label": `${what.title}: ${words}.${outages.length ? " With an outage." : ""}`,
  });
  const fill = `url(#unknown-${what.key})`;
  svg.append(
    stripes("unknown-" + what.key),
    ...gaps(bars).map(([from, to]) =>
      tip(area(scale, from, to, { class: "unknown", fill }), "Nothing was committed in this time."),
    ),
    shape("text", { class: "unit", x: 0, y: 11 }, `${what.unit} per ${range.each}`),
    ...axes(scale, levels, range, width),
    ...columns(scale, bars, what.key, range),
    ...outageSpans(scale, outages),
  );
  const name = document.createElement("strong");
  name.textContent = what.title;
  const caption = document.createElement("figcaption");
  caption.append(name, " " + words);
  const figure = document.createElement("figure");
  figure.append(caption, svg);
  return figure;
}
