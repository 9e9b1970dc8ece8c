"use strict";
// The walk, the taste and the history live in localStorage and nowhere else.

const AHEAD = 10; // links fetched at once, so that the next one is instant
const PAST_KEPT = 100;
// A walk gives posts that came after its beginning last, so a new one begins now and then.
const WALK_DAYS = 7;
const RETRY_MS_MIN = 3000;
const RETRY_MS_MAX = 60000;

const at = (id) => document.getElementById(id);

// What a topic's button says, by what the reader chose.
const TOPIC_WORDS = {
  "": (label) => label + ": no choice",
  only: (label) => label + ": only this",
  not: (label) => label + ": left out",
};
const TOPIC_NEXT = { "": "only", only: "not", not: "" };

const memory = {
  read(key, otherwise) {
    try {
      return JSON.parse(localStorage.getItem("saunter." + key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  write(key, value) {
    try {
      localStorage.setItem("saunter." + key, JSON.stringify(value));
    } catch {
      // Storage is full or forbidden: the page works on without a memory.
    }
  },
};

const state = {
  ahead: memory.read("ahead", []),
  walk: memory.read("walk", null),
  taste: memory.read("taste", { language: "", max_age_days: "" }),
  topics: memory.read("topics", {}), // name → "only" or "not"
  shown: [], // posts that the reader passed over, for going back; the latest last
  past: memory.read("past", []),
  fetching: false,
  asked: 0, // counts tastes, so that an answer for an earlier one is recognised
  allTopics: [],
  retry: null,
  retryMs: RETRY_MS_MIN,
};

const isWeb = (url) => /^https?:\/\//.test(url);

function randomAddress() {
  const query = new URLSearchParams({ count: String(AHEAD) });
  for (const [name, value] of Object.entries(state.taste)) if (value) query.set(name, value);
  const named = (use) => Object.keys(state.topics).filter((name) => state.topics[name] === use).sort();
  if (named("only").length) query.set("category", named("only").join(","));
  if (named("not").length) query.set("not_category", named("not").join(","));
  const walk = state.walk;
  if (walk && Date.now() - walk.began < WALK_DAYS * 86400000) query.set("walk", walk.token);
  return "/v1/random?" + query;
}

function say(text) {
  at("problem").textContent = text;
  at("problem").hidden = !text;
}

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail || "The service answered " + response.status + ".";
}

// Says what is wrong and tries again, less and less often. What the reader tries in between does not
// lengthen the wait.
function retryLater(text) {
  say(text);
  clearTimeout(state.retry);
  state.retry = setTimeout(() => {
    state.retryMs = Math.min(state.retryMs * 2, RETRY_MS_MAX);
    fetchAhead();
  }, state.retryMs);
}

async function fetchAhead() {
  if (state.fetching || state.ahead.length > 2) return;
  state.fetching = true;
  const asked = state.asked;
  try {
    const response = await fetch(randomAddress());
    if (asked !== state.asked) return; // the taste has changed since
    if (response.ok) {
      const answer = await response.json();
      const began = state.walk?.token && randomAddress().includes("walk=") ? state.walk.began : Date.now();
      state.walk = { token: answer.walk, began: answer.walk_complete ? 0 : began };
      const seen = new Set(state.past.map((link) => link.url));
      const fresh = answer.links.filter((link) => isWeb(link.url) && !seen.has(link.url));
      state.ahead.push(...(fresh.length ? fresh : answer.links.filter((link) => isWeb(link.url))));
      memory.write("walk", state.walk);
      memory.write("ahead", state.ahead);
      state.retryMs = RETRY_MS_MIN;
      clearTimeout(state.retry);
      say(answer.walk_complete
        ? "These are the last posts that fit. After them a new walk begins." : "");
    } else if (response.status === 400 && state.walk) {
      state.walk = null; // the service no longer takes the token
      retryLater("Starting a new walk…");
    } else if (response.status === 404) {
      say("No living post fits this taste. Loosen it a little.");
    } else {
      retryLater(await problemOf(response));
    }
  } catch {
    if (asked === state.asked) retryLater("Saunter cannot be reached at the moment. This page keeps trying.");
  } finally {
    if (asked === state.asked) {
      state.fetching = false;
      show();
    }
  }
}

function facts(link) {
  const parts = [];
  if (link.author && link.author !== link.site) parts.push(link.author);
  if (link.published_at) {
    const day = new Date(link.published_at * 1000);
    parts.push(day.toLocaleDateString(undefined, { year: "numeric", month: "long", day: "numeric" }));
  }
  const words = link.categories?.length ? link.categories : (link.topics ?? []);
  if (words.length) parts.push(words.slice(0, 3).join(", "));
  return parts.join(" · ");
}

function show() {
  const link = state.ahead[0];
  const anchor = at("post-link");
  at("go").disabled = at("skip").disabled = !link;
  at("back").disabled = state.shown.length === 0;
  if (!link) {
    at("post-site").textContent = "";
    at("post-facts").textContent = "";
    anchor.removeAttribute("href");
    anchor.textContent = state.fetching ? "One moment…" : "Nothing to show yet";
    return;
  }
  if (anchor.href === link.url && anchor.textContent === link.title) return;
  at("post-site").textContent = link.site;
  anchor.textContent = link.title || link.url;
  anchor.href = link.url;
  if (link.language) anchor.lang = link.language;
  else anchor.removeAttribute("lang");
  at("post-facts").textContent = facts(link);
  at("post").classList.remove("fresh");
  void at("post").offsetWidth; // restarts the animation
  at("post").classList.add("fresh");
}

function showPast() {
  const list = at("past");
  list.replaceChildren(
    ...state.past.map((link) => {
      const item = document.createElement("li");
      const site = document.createElement("span");
      site.className = "site";
      site.textContent = link.site;
      const anchor = document.createElement("a");
      if (isWeb(link.url)) anchor.href = link.url;
      anchor.rel = "noreferrer noopener";
      anchor.textContent = link.title || link.url;
      if (link.language) anchor.lang = link.language;
      item.append(site, anchor);
      return item;
    }),
  );
  at("past-empty").hidden = state.past.length > 0;
  at("forget").hidden = state.past.length === 0;
}

function next() {
  if (state.ahead[0]) state.shown.push(state.ahead.shift());
  state.shown.splice(0, state.shown.length - PAST_KEPT);
  memory.write("ahead", state.ahead);
  fetchAhead();
  show();
}

function back() {
  const link = state.shown.pop();
  if (!link) return;
  state.ahead.unshift(link);
  memory.write("ahead", state.ahead);
  show();
}

function remember(link) {
  const { url, title, site, language } = link;
  state.past = [{ url, title, site, language }, ...state.past.filter((old) => old.url !== url)];
  state.past.length = Math.min(state.past.length, PAST_KEPT);
  memory.write("past", state.past);
}

// Leaves this page; the browser's Back button leads here again.
function go() {
  const link = state.ahead[0];
  if (!link) return;
  remember(link);
  state.ahead.shift();
  memory.write("ahead", state.ahead);
  location.assign(link.url);
}

// Drops what was fetched for another taste, and an answer that is still on its way.
function beginAnew() {
  state.ahead = [];
  memory.write("ahead", state.ahead);
  state.asked += 1;
  state.fetching = false;
  clearTimeout(state.retry);
  say("");
  fetchAhead();
  show();
}

function changeTaste() {
  state.taste = { language: at("language").value, max_age_days: at("age").value };
  memory.write("taste", state.taste);
  beginAnew();
}

function chip(topic) {
  const use = state.topics[topic.name] ?? "";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip " + use;
  button.dataset.topic = topic.name;
  button.textContent = topic.label;
  button.setAttribute("aria-label", TOPIC_WORDS[use](topic.label));
  if (topic.group) button.classList.add("inner");
  button.addEventListener("click", () => {
    const now = TOPIC_NEXT[state.topics[topic.name] ?? ""];
    if (now) state.topics[topic.name] = now;
    else delete state.topics[topic.name];
    memory.write("topics", state.topics);
    showTopics();
    at("topics").querySelector(`[data-topic="${topic.name}"]`).focus();
    beginAnew();
  });
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function showTopics() {
  // A topic without links gets no button, unless the reader chose it.
  const shown = state.allTopics.filter((topic) => topic.links > 0 || state.topics[topic.name] ||
    state.allTopics.some((other) => other.group === topic.name && other.links > 0));
  at("topics").replaceChildren(...shown.map(chip));
  at("any-topic").hidden = Object.keys(state.topics).length === 0;
}

async function fillTopics() {
  const response = await fetch("/v1/categories").catch(() => null);
  if (!response?.ok) return;
  state.allTopics = (await response.json()).topics;
  for (const name of Object.keys(state.topics)) {
    if (!state.allTopics.some((topic) => topic.name === name)) delete state.topics[name];
  }
  showTopics();
}

async function fillLanguages() {
  const names = typeof Intl.DisplayNames === "function"
    ? new Intl.DisplayNames(undefined, { type: "language" }) : null;
  const nameOf = (tag) => {
    try {
      return names?.of(tag) ?? tag;
    } catch {
      return tag;
    }
  };
  const select = at("language");
  const response = await fetch("/v1/languages").catch(() => null);
  const { languages } = response?.ok ? await response.json() : { languages: [] };
  const tags = new Set(languages.filter((row) => row.language)
    .map((row) => row.language.split("-")[0].toLowerCase()));
  if (state.taste.language) tags.add(state.taste.language);
  for (const tag of [...tags].slice(0, 40)) select.add(new Option(nameOf(tag), tag));
  select.value = state.taste.language;
}

async function fillCounts() {
  const response = await fetch("/readyz").catch(() => null);
  if (!response?.ok) return;
  const { links, sites } = await response.json();
  at("counts").textContent =
    links.toLocaleString() + " living posts from " + sites.toLocaleString() + " sites.";
}

function start() {
  at("go").addEventListener("click", go);
  at("skip").addEventListener("click", next);
  at("back").addEventListener("click", back);
  at("any-topic").addEventListener("click", () => {
    state.topics = {};
    memory.write("topics", state.topics);
    showTopics();
    at("topics").querySelector("button")?.focus();
    beginAnew();
  });
  addEventListener("online", fetchAhead);
  at("forget").addEventListener("click", () => {
    state.past = [];
    memory.write("past", state.past);
    showPast();
    at("go").focus();
  });
  at("post-link").addEventListener("click", (event) => {
    if (!state.ahead[0]) return;
    remember(state.ahead[0]);
    showPast();
    if (event.ctrlKey || event.metaKey || event.shiftKey) setTimeout(next);
    else memory.write("ahead", state.ahead.slice(1));
  });
  at("age").value = state.taste.max_age_days;
  at("language").addEventListener("change", changeTaste);
  at("age").addEventListener("change", changeTaste);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    // A focused button or link takes the space key itself; a list or a field takes letters.
    if (event.target.closest(event.key === " " ? "button, select, a, input" : "select, input")) return;
    if (event.key === " ") {
      event.preventDefault();
      go();
    } else if (event.key === "n") {
      next();
    } else if (event.key === "b") {
      back();
    }
  });
  // Going back may show this page as it was when the reader left it.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    state.past = memory.read("past", []);
    state.ahead = memory.read("ahead", []);
    showPast();
    show();
    fetchAhead();
  });
  showPast();
  show();
  fetchAhead();
  fillLanguages();
  fillTopics();
  fillCounts();
}

start();
