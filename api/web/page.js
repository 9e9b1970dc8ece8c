// The page: one post at a time, and where one goes next. All that it remembers is in this browser.
import { begin, change, isStorageFull, read, whenChanged } from "./kept.js";
import { closeReport, current, say, says, showAnew, showPost, startPost, TAB } from "./post.js";
import { showKeys, startKeys } from "./help.js";
import { showLists, showListsAnew, startLists } from "./lists.js";
import { showTaste, showTasteAnew, startTaste } from "./taste_view.js";
import * as history from "./history.js";
import * as reader from "./reader.js";
import * as service from "./service.js";
import * as walks from "./walk.js";
import { fits } from "./taste.js";
import { speak } from "./browser.js";
import { keptLink } from "./link.js";
import { at, fillWords, uiLanguage, words } from "./words.js";

const root = document.documentElement;
const VIEWS = ["past-view", "saved-view", "taste-view"];

// --- What stands there ---

function showState() {
  const { walk, trails } = read();
  const trail = trails[TAB];
  at("back").disabled = !(trail?.place > 0);
  at("another").disabled = false;
  const isStuck = walk.problem && walk.ahead.length === 0;
  if (isStorageFull()) say(words("storage_full"), "problem");
  else if (isStuck && !current()) showProblem(walk.problem);
  else if (walk.problem?.name === "unreachable" && walk.ahead.length)
    say(words("offline", walk.ahead.length), "problem");
  else if (says() === "problem" && !isStuck) say("");
}

function showProblem(problem) {
  const detail = problem.name === "refused" && problem.detail ? " " + problem.detail : "";
  say(words("problem_" + problem.name) + detail, "problem");
}

function show() {
  showPost(service.isFetching());
  showLists();
  showTaste();
  showState();
}

let isDrawing = false;

// Several changes in one turn are drawn once.
function showSoon() {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    show();
  });
}

function announce() {
  const link = current();
  at("announced").textContent = link ? `${link.title || words("untitled")}. ${link.site_title || link.site}` : "";
}

// --- Where the reader goes ---

// One step along the reader's way, or onto the walk's next post. False: there is none.
function stepOn() {
  let isThere = false;
  change((state) => {
    const taken = reader.onward(state, TAB, service.seconds());
    if (!taken.url) return state;
    isThere = true;
    return reader.putTrail(taken.state, TAB, taken.trail);
  });
  return isThere;
}

async function another() {
  closeReport();
  say("");
  let isThere = stepOn();
  if (!isThere) {
    await service.tendNow();
    isThere = stepOn();
  }
  const { walk } = read();
  if (!isThere && walk.problem) showProblem(walk.problem);
  // The service says when a walk is complete; the next begins with what is fetched after it.
  else if (walk.token && walk.began_at === 0 && walk.ahead.length) say(words("last_ones"));
  announce();
  service.tend();
}

function back() {
  const { trail, url } = reader.backward(read(), TAB);
  if (!url) return;
  closeReport();
  say("");
  change((state) => reader.putTrail(state, TAB, trail));
  announce();
}

// The link itself leads away; this only remembers.
function remember() {
  const link = current();
  if (!link) return;
  const { url, title, site, site_title, language } = link;
  change((state) => ({
    ...state,
    been: history.visit(state.been, { url, title, site, site_title, language }, service.seconds()),
  }));
}

function showView() {
  const view = VIEWS.find((name) => location.hash === "#" + name) ?? "post";
  root.dataset.view = view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === "#" + view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function changeView() {
  showView();
  const view = root.dataset.view;
  const heading = view === "post" ? at("post") : at(view.replace("view", "title"));
  heading.focus({ preventScroll: true });
  if (view === "post" || innerWidth < 900) scrollTo(0, 0);
}

// --- The page's language ---

async function speakLanguage(tag) {
  try {
    const { default: table } = await import(`./words-${tag}.js`);
    speak(table);
    fillWords();
    return true;
  } catch {
    return false; // the network is away: it stays as it is
  }
}

// The worker keeps the words of the browser's language by itself; a chosen one is added to them.
async function keepWords(tag) {
  try {
    const url = new URL(`./words-${tag}.js`, import.meta.url);
    const names = (await caches.keys()).filter((name) => name.startsWith("saunter-"));
    for (const name of names) await (await caches.open(name)).add(url.href);
  } catch {
    // No worker here: nothing is offline.
  }
}

async function chooseLanguage(event) {
  const link = event.target.closest("a[hreflang]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!(await speakLanguage(link.hreflang))) return;
  change((state) => ({ ...state, speaks: link.hreflang }));
  showAnew();
  showListsAnew();
  showTasteAnew();
  showKeys();
  markLanguage();
  show();
  showCounts();
  keepWords(link.hreflang);
}

function markLanguage() {
  for (const link of document.querySelectorAll("a[hreflang]")) {
    if (link.hreflang === uiLanguage()) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

async function showCounts() {
  const counts = await service.readCounts();
  if (!counts) return;
  const number = (value) => Number(value).toLocaleString(uiLanguage());
  at("counts").textContent = words("counts", number(counts.links), number(counts.sites)) + ".";
}

// --- The beginning ---

// The post that the server put into the page. A new reader's walk begins with it; one who has a walk
// meets it only if nothing else is there.
function takeFirst() {
  let answer = null;
  try {
    answer = JSON.parse(at("first").textContent);
  } catch {
    return;
  }
  const { walk } = read();
  if (!Array.isArray(answer?.links)) return;
  if (!walk.token && !walk.ahead.length) {
    change((state) => service.takeAnswer(state, state.walk, answer));
  } else if (!walk.ahead.length) {
    change((state) => {
      const now = service.seconds();
      const link = keptLink(answer.links[0], now);
      const been = new Set(state.been.map((one) => one.url));
      if (!link || been.has(link.url) || !fits(link, state.taste, {}, now)) return state;
      return { ...state, walk: { ...state.walk, ahead: [link] } };
    });
  }
}

function listen() {
  at("another").addEventListener("click", another);
  at("back").addEventListener("click", back);
  for (const id of ["go", "post-link"]) {
    at(id).addEventListener("click", remember);
    at(id).addEventListener("auxclick", (event) => event.button === 1 && remember());
  }
  at("speaks").addEventListener("click", chooseLanguage);
  addEventListener("hashchange", changeView);
  addEventListener("online", service.tendNow);
  document.addEventListener("visibilitychange", () => document.hidden || service.tend());
  whenChanged(showSoon);
}

async function start() {
  begin();
  const speaks = read().speaks || root.lang;
  if (!(await speakLanguage(speaks))) await speakLanguage(root.lang);
  showAnew();
  showView();
  startPost();
  startLists();
  startTaste();
  startKeys();
  markLanguage();
  if (!current()) {
    takeFirst();
    stepOn();
  }
  listen();
  if (!current()) service.fetchAhead().then(stepOn);
  show();
  root.classList.remove("returns", "translates");
  await service.tend();
  await Promise.all([service.readChoices(), showCounts()]);
  navigator.serviceWorker?.register("/worker.js", { updateViaCache: "none" }).catch(() => {});
}

start();
