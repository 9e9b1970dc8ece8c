// The card's lists: where one has been, and what one saved.
import { search } from "./history.js";
import { crossButton } from "./parts.js";
import { at, element, order, words } from "./words.js";

const SHOWN_MAX = 60;

const shown = { past: [], saved: [] };

function row(link, onDrop) {
  const item = element("li");
  const part = element("div");
  const anchor = element("a", link.title || link.url);
  anchor.href = link.url;
  anchor.lang = link.language;
  anchor.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // the browser's own ways
    event.preventDefault();
    order("reopen", { url: link.url });
  });
  part.append(element("p", link.site_title || link.site, "site"), anchor);
  item.append(part);
  if (onDrop) {
    item.append(crossButton(words("drop_saved", link.title || link.url), onDrop));
  }
  return item;
}

function fill(id, onDrop) {
  const found = search(shown[id], at(id + "-search").value);
  at(id).replaceChildren(
    ...found.slice(0, SHOWN_MAX).map((link) => row(link, onDrop && (() => onDrop(link)))),
  );
  at(id).hidden = found.length === 0;
  at(id + "-search").hidden = shown[id].length === 0;
  at(id + "-empty").hidden = found.length > 0;
  at(id + "-empty").textContent = words(shown[id].length ? "none_found" : id + "_empty");
}

function fillPast() {
  fill("past", null);
  at("forget").hidden = shown.past.length === 0;
}

async function drop(link) {
  await order("unsave", { url: link.url });
  at(shown.saved.length ? "saved-search" : "tab-saved").focus();
}

const fillSaved = () => fill("saved", drop);

// Nothing is built anew under a reader's finger.
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export function showPast(state) {
  if (isSame(shown.past, state.past)) return;
  shown.past = state.past;
  fillPast();
}

export function showSaved(state) {
  if (isSame(shown.saved, state.saved)) return;
  shown.saved = state.saved;
  fillSaved();
}

export function startLists() {
  fillPast();
  fillSaved();
  at("past-search").addEventListener("input", fillPast);
  at("saved-search").addEventListener("input", fillSaved);
  at("forget").addEventListener("click", async () => {
    await order("forget");
    at("tab-past").focus();
  });
}
