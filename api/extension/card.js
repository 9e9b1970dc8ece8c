// The card: the post in this tab, what one can say of it, and where one goes next. It reads the
// state and asks the worker for every change.
import { api, askToSend, maySend, shownTab } from "./browser.js";
import { isWaiting, voteItem } from "./outbox.js";
import { reportKinds } from "./parts.js";
import { isSaved, SAVED_MAX } from "./history.js";
import { postOf } from "./reader.js";
import { showPast, showSaved, startLists } from "./card_lists.js";
import { showTaste, startTaste } from "./card_taste.js";
import { isLeftOut } from "./taste.js";
import { read } from "./store.js";
import {
  ago,
  at,
  element,
  fillWords,
  keyOf,
  languageName,
  order,
  uiLanguage,
  words,
} from "./words.js";

const seconds = () => Math.floor(Date.now() / 1000);

let state;
let link = null; // the post that the card is about
let isHere = false; // whether this tab shows it
let isAgreed = true; // whether votes may be sent without asking first

async function load() {
  const tab = await shownTab();
  state = await read();
  const here = tab ? postOf(state, tab.id) : null;
  isHere = here !== null;
  link = here ?? state.past[0] ?? null;
}

function say(key, kind = "") {
  at("said").textContent = key ? words(key) : "";
  at("said").className = "said " + kind;
  at("said").hidden = !key;
}

function facts(post) {
  const parts = [];
  if (post.author && post.author !== post.site_title) parts.push(post.author);
  if (post.published_at) parts.push(ago(post.published_at, seconds()));
  if (post.language) parts.push(languageName(post.language, uiLanguage()));
  return parts.join(" · ");
}

function showSite(post) {
  const title = post.site_title && post.site_title !== post.site ? post.site_title : "";
  at("post-site").replaceChildren(title || post.site);
  if (title) at("post-site").append(" ", element("span", post.site, "host"));
}

function topicLabel(name) {
  return state.choices.topics.find((topic) => topic.name === name)?.label ?? name;
}

function showPost() {
  at("voices").hidden = at("post-site").hidden = !link;
  at("post-when").textContent = link ? words(isHere ? "this_post" : "last_post") : "";
  const anchor = at("post-link");
  if (!link) {
    at("post-summary").textContent = words("nothing_yet");
    anchor.textContent = words("welcome");
    anchor.removeAttribute("href");
    at("post-facts").textContent = "";
    at("post-topics").hidden = true;
    return;
  }
  const isNew = anchor.href !== link.url;
  showSite(link);
  anchor.textContent = link.title || link.url;
  anchor.href = link.url;
  anchor.lang = at("post-summary").lang = link.language;
  at("post-facts").textContent = facts(link);
  at("post-summary").textContent = link.summary;
  at("post-summary").hidden = !link.summary;
  at("post-topics").replaceChildren(
    ...link.topics.map((name) => element("li", topicLabel(name), "word")),
  );
  at("post-topics").hidden = link.topics.length === 0;
  if (!isNew) return;
  at("post").classList.remove("fresh");
  void at("post").offsetWidth; // restarts the animation
  at("post").classList.add("fresh");
}

// A vote that has been counted stays as it is; one that still waits here can be changed.
function showVoices() {
  if (!link) return;
  const isCounted = link.vote !== "" && !isWaiting(state.outbox, voteItem(link.receipt, link.vote));
  for (const value of ["up", "down"]) {
    at(value).setAttribute("aria-pressed", String(link.vote === value));
    at(value).disabled = !link.receipt || (isCounted && link.vote !== value);
    at(value).title = link.receipt ? words(value + "_long") : words("no_votes");
  }
  at("report").disabled = !link.receipt || link.report !== "";
  at("report").title = link.report
    ? words("reported")
    : link.receipt
      ? words("report_title")
      : words("no_votes");
  at("save").setAttribute("aria-pressed", String(isSaved(state.saved, link.url)));
  at("leave-out").setAttribute("aria-pressed", String(isLeftOut(state.taste, link.site)));
  at("leave-out").title = words("leave_out_long", link.site);
}

function showProblem() {
  const { problem, ahead } = state.walk;
  if (problem && ahead.length === 0) {
    say("problem_" + problem.name, "problem");
    if (problem.name === "refused" && problem.detail) at("said").append(" ", problem.detail);
  } else if (at("said").classList.contains("problem")) {
    say("");
  }
}

function show() {
  showPost();
  showVoices();
  showProblem();
  showPast(state);
  showSaved(state);
  showTaste(state);
}

async function refresh() {
  await load();
  show();
}

async function go(name) {
  say("");
  closeReport();
  at("next").disabled = true;
  const said = await order(name);
  at("next").disabled = false;
  if (name === "next" && said) at("next").focus();
  await refresh();
}

// The browser's question may close this card, so what was said is first given to the worker, which
// goes on when the reader agrees. The question must be the reader's own press: nothing is awaited
// before it.
async function sayToService(name, said) {
  if (isAgreed) {
    await order(name, said);
    return true;
  }
  const kept = order("hold", { said });
  const answer = askToSend();
  await kept;
  isAgreed = await answer;
  await order(isAgreed ? "release" : "drop_held");
  if (!isAgreed) say("no_consent", "problem");
  return isAgreed;
}

const isOnItsWay = (path) => isWaiting(state.outbox, { path, body: { receipt: link.receipt } });

async function vote(value) {
  const taken = link.vote === value ? "" : value;
  if (link.vote === value && !isWaiting(state.outbox, voteItem(link.receipt, value))) return;
  const isSaid = await sayToService("vote", { url: link.url, vote: taken });
  await refresh();
  if (isSaid)
    say(taken === "" ? "vote_taken_back" : isOnItsWay("/v1/votes") ? "vote_kept" : "vote_thanks");
}

function openReport() {
  at("report-form").hidden = false;
  document.body.classList.add("reports");
  at("report").setAttribute("aria-expanded", "true");
  at("report-kinds").querySelector("input").focus();
}

function closeReport() {
  at("report-form").hidden = true;
  document.body.classList.remove("reports");
  at("report-form").reset();
  at("report").setAttribute("aria-expanded", "false");
}

async function report() {
  const kind = new FormData(at("report-form")).get("kind");
  if (!kind) return;
  const said = { url: link.url, kind, note: at("report-note").value };
  closeReport();
  const isSaid = await sayToService("report", said);
  await refresh();
  if (isSaid) say(isOnItsWay("/v1/reports") ? "report_kept" : "report_thanks");
  at("next").focus();
}

async function toggleSaved() {
  const wasSaved = isSaved(state.saved, link.url);
  const isFull = !wasSaved && state.saved.length >= SAVED_MAX;
  if (!isFull) await order(wasSaved ? "unsave" : "save", { url: link.url });
  await refresh();
  say(isFull ? "saved_full" : wasSaved ? "unsaved" : "saved_now", isFull ? "problem" : "");
}

async function toggleLeftOut() {
  const wasOut = isLeftOut(state.taste, link.site);
  await order(wasOut ? "let_in" : "leave_out", { site: link.site });
  await refresh();
  at("said").textContent = words(wasOut ? "let_in_now" : "left_out_now", link.site);
  at("said").className = "said";
  at("said").hidden = false;
}

// Tabs as the ARIA Authoring Practices describe them: arrows move among them, Tab leaves them.
function startTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      at(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
    chosen.focus();
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(tabs.at(to % tabs.length));
    });
  });
}

// Keys within the card. A field takes its letters itself.
const KEYS = { n: "next", b: "back", u: "up", d: "down", s: "save", r: "report" };

function startKeys() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, textarea, select") || at("view-post").hidden) return;
    const button = at(KEYS[event.key]);
    if (!button || button.disabled || button.offsetParent === null) return;
    event.preventDefault();
    button.click();
  });
}

async function showKeys() {
  const [onward, backward] = await Promise.all([keyOf("next"), keyOf("back")]);
  const parts = [
    [onward, "next"],
    [backward, "back"],
  ]
    .filter(([key]) => key)
    .flatMap(([key, name], i) => [i ? " · " : "", element("kbd", key), " " + words(name)]);
  at("keys").replaceChildren(...parts);
}

async function start() {
  fillWords();
  at("report-kinds").append(...reportKinds());
  startTabs();
  startKeys();
  startLists();
  startTaste();
  at("next").addEventListener("click", () => go("next"));
  at("back").addEventListener("click", () => go("back"));
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
  at("post-link").addEventListener("click", (event) => {
    event.preventDefault();
    if (link) order("reopen", { url: link.url });
  });
  at("settings").addEventListener("click", () => api.runtime.openOptionsPage());
  api.storage.onChanged.addListener(refresh);
  api.tabs.onActivated.addListener(refresh);
  isAgreed = await maySend();
  await refresh();
  await showKeys();
  at("next").focus();
  order("choices"); // topics by their names; asked once a day
}

start();
