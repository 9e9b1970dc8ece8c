// Where the reader has been, and what they saved: to search, to open again, to take along.
import { change, read } from "./kept.js";
import { search } from "./history.js";
import { crossButton } from "./parts.js";
import { isWeb } from "./address.js";
import { bookmarksHtml, feedsOpml } from "./export.js";
import * as reader from "./reader.js";
import { seconds } from "./service.js";
import { ago, at, element, words } from "./words.js";

const SHOWN_MAX = 100;

const kept = { past: () => read().been, saved: () => read().saved };
const shown = { past: null, saved: null }; // what stands there now

function row(link, onDrop) {
  const item = element("li");
  const part = element("div");
  const anchor = element("a", link.title || words("untitled"));
  anchor.dir = "auto";
  anchor.rel = "noopener noreferrer";
  if (isWeb(link.url)) anchor.href = link.url;
  if (link.language) anchor.lang = link.language;
  const site = element("p", undefined, "site");
  site.append(element("bdi", link.site_title || link.site));
  const when = link.visited_at ?? link.saved_at;
  if (when) site.append(element("span", " · " + ago(when, seconds()), "host"));
  part.append(site, anchor);
  item.append(part);
  if (onDrop) {
    item.append(crossButton(words("drop_saved", link.title || link.url), onDrop));
  }
  return item;
}

function drop(link) {
  change((state) => reader.unsave(state, link.url));
  at("saved-title").focus();
}

function fill(id) {
  const links = kept[id]();
  const found = search(links, at(id + "-search").value);
  at(id).replaceChildren(
    ...found.slice(0, SHOWN_MAX).map((link) => row(link, id === "saved" && (() => drop(link)))),
  );
  at(id + "-search").hidden = links.length === 0;
  at(id + "-empty").hidden = found.length > 0;
  at(id + "-empty").textContent = words(links.length ? "none_found" : id + "_empty");
}

// Nothing is built anew under a reader's finger.
export function showLists() {
  for (const id of ["past", "saved"]) {
    if (shown[id] === kept[id]()) continue;
    shown[id] = kept[id]();
    fill(id);
  }
  at("forget").hidden = read().been.length === 0;
  at("export").hidden = read().saved.length === 0;
}

export function showListsAnew() {
  shown.past = shown.saved = null;
}

// The post in the card stays; which posts were shown before it is forgotten with the list.
function forget() {
  change((state) => {
    const trail = reader.FRESH.trails;
    const current = reader.postOf(state, 0);
    const bare = { ...state, been: [], past: current ? [current] : [], trails: trail };
    return current
      ? reader.putTrail(bare, 0, { urls: [current.url], place: 0 })
      : bare;
  });
  at("past-title").focus();
}

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const anchor = element("a");
  Object.assign(anchor, { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

export function startLists() {
  at("past-search").addEventListener("input", () => fill("past"));
  at("saved-search").addEventListener("input", () => fill("saved"));
  at("forget").addEventListener("click", forget);
  at("export-bookmarks").addEventListener("click", () =>
    download("saunter-bookmarks.html", "text/html", bookmarksHtml(read().saved, "Saunter")),
  );
  at("export-feeds").addEventListener("click", () =>
    download("saunter-feeds.opml", "text/x-opml", feedsOpml(read().saved, "Saunter")),
  );
}
