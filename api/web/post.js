// The card of the post that stands before the reader, and what one can say of it.
import { change, read } from "./kept.js";
import { isSaved, SAVED_MAX } from "./history.js";
import { isWaiting, voteItem } from "./outbox.js";
import { reportKinds } from "./parts.js";
import { isWeb } from "./address.js";
import * as reader from "./reader.js";
import { isLeftOut } from "./taste.js";
import { sceneOf } from "./scene.js";
import { seconds, sendWaiting, tend } from "./service.js";
import { ago, at, element, languageName, uiLanguage, words } from "./words.js";

export const TAB = 0; // a page has one way through the posts; reader.js knows many

export const current = () => reader.postOf(read(), TAB);

let saying = ""; // what the line under the buttons says: "", "news" or "problem"

export function say(text, kind = "news") {
  saying = text ? kind : "";
  at("said").textContent = text;
  at("said").classList.toggle("problem", kind === "problem");
}

export const says = () => saying;

function facts(link) {
  const parts = [];
  if (link.author && link.author !== link.site_title) parts.push(element("bdi", link.author));
  if (link.published_at) {
    const made = element("time", ago(link.published_at, seconds()));
    made.dateTime = new Date(link.published_at * 1000).toISOString();
    parts.push(made);
  }
  if (link.language) parts.push(languageName(link.language, uiLanguage()));
  return parts.flatMap((part, i) => (i ? [" · ", part] : [part]));
}

function drawScene(site) {
  const scene = sceneOf(site);
  const NS = "http://www.w3.org/2000/svg";
  const part = (name, fields) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(fields)) made.setAttribute(key, value);
    return made;
  };
  const { x, y, size } = scene.sun;
  at("scene").setAttribute("class", "scene mood-" + scene.mood);
  at("scene").replaceChildren(
    part("circle", { class: "sun", cx: x, cy: y, r: size }),
    ...["birds", "far", "trees", "mid", "near", "path", "house", "lamp"]
      .filter((name) => scene[name])
      .map((name) => part("path", { class: name, d: scene[name] })),
  );
}

function setLang(part, tag) {
  if (tag) part.lang = tag;
  else part.removeAttribute("lang");
}

function lead(anchor, link) {
  if (link && isWeb(link.url)) anchor.href = link.url;
  else anchor.removeAttribute("href");
}

const topicLabel = (name) =>
  read().choices.topics.find((topic) => topic.name === name)?.label ?? name;

let shown = null; // the address of the post in the card

function showNothing(isFetching) {
  for (const id of ["post-site", "post-host", "post-facts", "post-summary"]) at(id).textContent = "";
  at("post-topics").replaceChildren();
  at("post-link").textContent = words(isFetching ? "one_moment" : "nothing_here");
  for (const id of ["post-link", "go"]) at(id).removeAttribute("href");
  at("post").className = "post empty";
  shown = null;
}

function showCard(link) {
  const hasName = link.site_title && link.site_title !== link.site;
  at("post-site").textContent = hasName ? link.site_title : link.site;
  at("post-host").textContent = hasName ? link.site : "";
  at("post-link").textContent = link.title || words("untitled");
  for (const id of ["post-link", "go"]) lead(at(id), link);
  for (const id of ["post-link", "post-summary"]) setLang(at(id), link.language);
  at("post-facts").replaceChildren(...facts(link));
  at("post-summary").textContent = link.summary;
  const isBeen = read().been.some((other) => other.url === link.url);
  const chips = link.topics.map((name) => element("li", topicLabel(name)));
  if (isBeen) chips.unshift(element("li", words("been_here"), "been"));
  at("post-topics").replaceChildren(...chips);
  at("post").className = link.summary ? "post" : "post bare";
  if (shown === link.url) return;
  if (shown !== null) at("post").classList.add("fresh");
  shown = link.url;
  drawScene(link.site);
}

// Votes and reports are there where the service takes them. While there is no post nobody knows, and
// nothing moves.
function showVoices(link) {
  const state = read();
  if (link) at("voices").classList.toggle("mute", !link.receipt);
  for (const id of ["save", "leave-out"]) at(id).disabled = !link;
  at("save").setAttribute("aria-pressed", String(Boolean(link) && isSaved(state.saved, link.url)));
  const isOut = Boolean(link) && isLeftOut(state.taste, link.site);
  at("leave-out").setAttribute("aria-pressed", String(isOut));
  if (link) at("leave-out").title = words("leave_out_long", link.site);
  const isCounted = link?.vote && !isWaiting(state.outbox, voteItem(link.receipt, link.vote));
  for (const value of ["up", "down"]) {
    at(value).setAttribute("aria-pressed", String(link?.vote === value));
    at(value).disabled = !link?.receipt || (isCounted && link.vote !== value);
    at(value).title = words(value + "_long");
  }
  at("report").disabled = !link?.receipt || link.report !== "";
  at("report").title = words(link?.report ? "reported" : "report_title");
}

export function showPost(isFetching) {
  const link = current();
  if (link) showCard(link);
  else showNothing(isFetching);
  showVoices(link);
}

// Once the page speaks another language.
export function showAnew() {
  shown = null;
  at("report-kinds").replaceChildren(...reportKinds());
}

const isOnItsWay = (path, link) => isWaiting(read().outbox, { path, body: { receipt: link.receipt } });

async function vote(value) {
  const link = current();
  if (!link?.receipt) return;
  const wasMine = link.vote === value;
  if (wasMine && !isOnItsWay("/v1/votes", link)) return; // it has been counted
  change((state) => reader.vote(state, link.url, wasMine ? "" : value, seconds()));
  if (wasMine) return say(words("vote_taken_back"));
  await sendWaiting();
  say(words(isOnItsWay("/v1/votes", link) ? "vote_kept" : "vote_thanks"));
  tend();
}

function openReport() {
  at("report-form").hidden = false;
  at("report").setAttribute("aria-expanded", "true");
  at("report-kinds").querySelector("input").focus();
}

export function closeReport() {
  at("report-form").hidden = true;
  at("report-form").reset();
  at("report").setAttribute("aria-expanded", "false");
}

async function report() {
  const link = current();
  const kind = new FormData(at("report-form")).get("kind");
  if (!kind || !link) return;
  const note = at("report-note").value;
  closeReport();
  at("another").focus();
  change((state) => reader.report(state, link.url, kind, note, seconds()));
  await sendWaiting();
  say(words(isOnItsWay("/v1/reports", link) ? "report_kept" : "report_thanks"));
  tend();
}

function toggleSaved() {
  const link = current();
  const { saved } = read();
  if (isSaved(saved, link.url)) {
    change((state) => reader.unsave(state, link.url));
    say(words("unsaved"));
  } else if (saved.length >= SAVED_MAX) {
    say(words("saved_full"), "problem");
  } else {
    change((state) => reader.save(state, link.url, seconds()));
    say(words("saved_now"));
  }
}

function toggleLeftOut() {
  const { site } = current();
  const wasOut = isLeftOut(read().taste, site);
  change((state) => (wasOut ? reader.letIn : reader.leaveOut)(state, site, seconds()));
  say(words(wasOut ? "let_in_now" : "left_out_now", site));
  tend();
}

export function startPost() {
  at("up").addEventListener("click", () => vote("up"));
  at("down").addEventListener("click", () => vote("down"));
  at("save").addEventListener("click", toggleSaved);
  at("leave-out").addEventListener("click", toggleLeftOut);
  at("report").addEventListener("click", () =>
    at("report-form").hidden ? openReport() : closeReport(),
  );
  at("report-cancel").addEventListener("click", () => {
    closeReport();
    at("report").focus();
  });
  at("report-form").addEventListener("submit", (event) => {
    event.preventDefault();
    report();
  });
  at("post").addEventListener("animationend", () => at("post").classList.remove("fresh"));
}
