// The reader's state, in this browser's storage and nowhere else. Where the browser forbids storage, or
// it is full, the page works on with what it has in memory, and says so.
//
// It has the form of the extension's reader.js, in which `past` holds the posts that were shown; those
// that the reader went to are in `been`.
import { FRESH as READER } from "./reader.js";

export const FRESH = Object.freeze({
  ...READER,
  been: Object.freeze([]), // where the reader went, the latest first
  keys: true, // whether single keys do something
  speaks: "", // the language that the reader chose for the page; empty: the browser's
});

const PREFIX = "saunter.2.";
const NAMES = Object.keys(FRESH);
const OF_TAB = "trails"; // each tab has its own way

let state = null;
let isFull = false;
let onChange = () => {};

const shelf = (name) => (name === OF_TAB ? sessionStorage : localStorage);

// A part that does not look like a fresh one is none: a reader or another program may have changed it.
function sane(name, kept) {
  const fresh = FRESH[name];
  if (kept === null || kept === undefined || typeof kept !== typeof fresh) return fresh;
  if (Array.isArray(fresh)) return Array.isArray(kept) ? kept.filter((one) => one?.url) : fresh;
  return typeof fresh === "object" && fresh !== null ? { ...fresh, ...kept } : kept;
}

function load(name) {
  try {
    return sane(name, JSON.parse(shelf(name).getItem(PREFIX + name)));
  } catch {
    return FRESH[name];
  }
}

function store(name, value) {
  try {
    shelf(name).setItem(PREFIX + name, JSON.stringify(value));
    isFull = false;
  } catch {
    isFull = true;
  }
}

// What an earlier page kept: where the reader has been, and their taste.
function takeOver(fresh) {
  try {
    const of = (name) => JSON.parse(localStorage.getItem("saunter." + name));
    const [past, taste, topics] = [of("past"), of("taste"), of("topics")];
    for (const name of ["past", "taste", "topics", "ahead", "walk"])
      localStorage.removeItem("saunter." + name);
    return {
      ...fresh,
      been: sane("been", past),
      taste: {
        ...fresh.taste,
        language: String(taste?.language ?? ""),
        max_age_days: Number(taste?.max_age_days) || 0,
        topics: sane("trails", topics),
      },
    };
  } catch {
    return fresh;
  }
}

export const isStorageFull = () => isFull;

export function whenChanged(listener) {
  onChange = listener;
}

export function read() {
  state ??= Object.fromEntries(NAMES.map((name) => [name, load(name)]));
  return state;
}

// Runs step(state) → state and keeps what it returns.
export function change(step) {
  const before = read();
  state = step(before);
  for (const name of NAMES) if (before[name] !== state[name]) store(name, state[name]);
  onChange();
  return state;
}

export function begin() {
  try {
    if (localStorage.getItem("saunter.past") !== null) change(takeOver);
  } catch {
    isFull = true;
  }
  // Another tab of this page.
  addEventListener("storage", (event) => {
    const name = event.key?.startsWith(PREFIX) ? event.key.slice(PREFIX.length) : null;
    if (event.key !== null && !NAMES.includes(name)) return;
    state = event.key === null ? null : { ...read(), [name]: load(name) };
    onChange();
  });
}
