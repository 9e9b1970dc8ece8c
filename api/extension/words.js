// The page's words in the reader's language, and small things that every page builds.
import { api } from "./browser.js";

export const at = (id) => document.getElementById(id);
export const words = (key, ...values) => api.i18n.getMessage(key, values.map(String));
export const uiLanguage = () => api.i18n.getUILanguage();

// Fills what the page names: its text, its label (also shown as a tip), its placeholder.
export function fillWords() {
  document.documentElement.lang = uiLanguage();
  for (const part of document.querySelectorAll("[data-words]"))
    part.textContent = words(part.dataset.words);
  for (const part of document.querySelectorAll("[data-label]")) {
    part.setAttribute("aria-label", words(part.dataset.label));
    if (part.localName === "button") part.title = words(part.dataset.label);
  }
  for (const part of document.querySelectorAll("[data-placeholder]"))
    part.placeholder = words(part.dataset.placeholder);
}

export function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// A picture of the lines of `path`, for the eye only.
export function picture(path) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(NS, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

const UNITS = [
  ["year", 31556952],
  ["month", 2629746],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

// "three years ago", as the reader's language says it.
export function ago(then, now) {
  const form = new Intl.RelativeTimeFormat(uiLanguage(), { numeric: "auto" });
  const passed = Math.max(0, now - then);
  const [unit, seconds] = UNITS.find(([, length]) => passed >= length) ?? ["minute", 60];
  return form.format(-Math.floor(passed / seconds), unit);
}

// A language's name in itself, or in the reader's language.
export function languageName(tag, speaker) {
  try {
    return new Intl.DisplayNames(speaker, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag; // no tag that the browser knows
  }
}

export const order = (name, fields) => api.runtime.sendMessage({ order: name, ...fields });

// The key of a command, "" if it has none: the browser's own keys and the reader's choice go first.
export async function keyOf(name) {
  const commands = await api.commands.getAll();
  return commands.find((command) => command.name === name)?.shortcut ?? "";
}
