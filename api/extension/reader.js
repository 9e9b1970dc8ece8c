// What a reader does, as changes of all that is kept. Pure: each function takes a state and returns
// another one. The state is what the browser's storage holds; FRESH is a reader's first.
import * as tastes from "./taste.js";
import * as history from "./history.js";
import * as outbox from "./outbox.js";
import * as walks from "./walk.js";

const TOPICS_MAX = 200;
const LANGUAGES_MAX = 100;

export const FRESH = Object.freeze({
  service: "", // empty: the one that was named at build
  opens_in: "this", // "this" tab or a "new" one
  button: "next", // what a press does: "next" post, or the "card"
  walk: walks.NO_WALK,
  taste: tastes.ANY_TASTE,
  choices: Object.freeze({ topics: Object.freeze([]), languages: Object.freeze([]), read_at: 0 }),
  past: Object.freeze([]),
  saved: Object.freeze([]),
  outbox: outbox.EMPTY_OUTBOX,
  held: null, // a vote or report that waits for the reader's consent to send any
  trails: Object.freeze({}), // tab → trail; gone when the browser ends
});

const posts = (state) => new Map(state.past.map((link) => [link.url, link]));
export const pastUrls = (state) => new Set(state.past.map((link) => link.url));
const trailOf = (state, tab_id) => state.trails[tab_id] ?? history.NO_TRAIL;
const groupsOf = (state) =>
  Object.fromEntries(
    state.choices.topics.filter((topic) => topic.group).map((topic) => [topic.name, topic.group]),
  );

// The post that a tab shows, as far as this extension led it there.
export const postOf = (state, tab_id) =>
  posts(state).get(history.shownBy(state.trails[tab_id])) ?? null;

export function putTrail(state, tab_id, trail) {
  return { ...state, trails: { ...state.trails, [tab_id]: trail } };
}

export function dropTrail(state, tab_id) {
  const trails = { ...state.trails };
  delete trails[tab_id];
  return { ...state, trails };
}

// The next post for a tab: along its trail if the reader went back on it, else the walk's next.
// url is null when none is ahead. is_met: the trail led there.
export function onward(state, tab_id, now) {
  const along = history.step(trailOf(state, tab_id), 1);
  if (along) return { state, trail: along, url: history.shownBy(along), is_met: true };
  const { link, walk } = walks.takeNext(state.walk);
  if (!link) return { state, trail: null, url: null, is_met: false };
  return {
    state: { ...state, walk, past: history.visit(state.past, link, now) },
    trail: history.goTo(trailOf(state, tab_id), link.url),
    url: link.url,
    is_met: false,
  };
}

// The post before, or url null. A tab without a trail goes back to where the reader was last.
export function backward(state, tab_id) {
  let trail = trailOf(state, tab_id);
  if (trail.place < 0) {
    const urls = state.past.map((link) => link.url).reverse();
    trail = { urls, place: urls.length };
  }
  const along = history.step(trail, -1);
  return { trail: along, url: along && history.shownBy(along) };
}

// A post of the past or of the saved ones, opened once more.
export function reopen(state, tab_id, url, now) {
  const link = posts(state).get(url) ?? state.saved.find((other) => other.url === url);
  if (!link) return { state, trail: null, url: null };
  const { saved_at: _, ...post } = {
    topics: [],
    summary: "",
    receipt: "",
    author: "",
    published_at: null,
    ...link,
  };
  return {
    state: { ...state, past: history.visit(state.past, post, now) },
    trail: history.goTo(trailOf(state, tab_id), url),
    url,
  };
}

// A vote on a post of the past: "up", "down", or "" to take it back while it is still here.
export function vote(state, url, value, now) {
  const link = posts(state).get(url);
  if (!link?.receipt) return state;
  const item = outbox.voteItem(link.receipt, value);
  if (link.vote && !outbox.isWaiting(state.outbox, item)) return state; // it has been counted
  return {
    ...state,
    outbox: value ? outbox.put(state.outbox, item, now) : outbox.takeBack(state.outbox, item),
    past: history.note(state.past, url, { vote: value }),
  };
}

export function report(state, url, kind, note, now) {
  const link = posts(state).get(url);
  if (!link?.receipt || !outbox.REPORT_KINDS.includes(kind)) return state;
  const item = outbox.reportItem(link.receipt, kind, note);
  if (link.report && !outbox.isWaiting(state.outbox, item)) return state;
  return {
    ...state,
    outbox: outbox.put(state.outbox, item, now),
    past: history.note(state.past, url, { report: kind }),
  };
}

// What was said before the reader had agreed to send anything: {url, vote} or {url, kind, note}.
export const hold = (state, said) => ({ ...state, held: said });

export function release(state, now) {
  const said = state.held;
  if (!said) return state;
  const rest = { ...state, held: null };
  return said.kind
    ? report(rest, said.url, said.kind, said.note, now)
    : vote(rest, said.url, said.vote, now);
}

export function save(state, url, now) {
  const link = posts(state).get(url);
  return link ? { ...state, saved: history.save(state.saved, link, now) } : state;
}

export const unsave = (state, url) => ({ ...state, saved: history.dropSaved(state.saved, url) });

export function changeTaste(state, taste, now) {
  return { ...state, taste, walk: walks.changeTaste(state.walk, taste, groupsOf(state), now) };
}

export const leaveOut = (state, site, now) =>
  changeTaste(state, tastes.leaveOutSite(state.taste, site), now);
export const letIn = (state, site, now) =>
  changeTaste(state, tastes.takeBackSite(state.taste, site), now);
// Of the taste as it stands by now, which a card that was just pressed may not show yet.
export const chooseTopic = (state, name, use, now) =>
  changeTaste(state, tastes.chooseTopic(state.taste, name, use), now);

// Another service: its posts, topics and receipts are its own. What the reader saved stays.
export function changeService(state, service) {
  if (service === state.service) return state;
  return {
    ...state,
    service,
    walk: walks.changeService(state.walk),
    choices: FRESH.choices,
    outbox: outbox.EMPTY_OUTBOX,
    held: null,
    past: state.past.map((link) => ({ ...link, receipt: "" })),
  };
}

export const forget = (state) => ({ ...state, past: FRESH.past, trails: FRESH.trails, held: null });

// What /v1/categories and /v1/languages answer, as far as a reader can choose among it.
export function takeChoices(state, categories, languages, now) {
  const text = (value) => (typeof value === "string" ? value.slice(0, 60) : "");
  const topics = (categories?.topics ?? [])
    .filter((topic) => topic?.name && !String(topic.name).includes(","))
    .slice(0, TOPICS_MAX)
    .map(({ name, label, group, links }) => ({
      name: text(name),
      label: text(label) || text(name),
      group: text(group),
      links: Number(links) || 0,
    }));
  const tags = (languages?.languages ?? []).map((row) =>
    text(row?.language).split("-")[0].toLowerCase(),
  );
  return {
    ...state,
    choices: {
      topics,
      languages: [...new Set(tags.filter(Boolean))].slice(0, LANGUAGES_MAX),
      read_at: now,
    },
  };
}
