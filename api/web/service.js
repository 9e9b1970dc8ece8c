// What comes from the service and goes to it: posts ahead, topics and languages, votes and reports.
import { change, read } from "./kept.js";
import { ask, send } from "./exchange.js";
import * as outbox from "./outbox.js";
import * as reader from "./reader.js";
import * as walks from "./walk.js";

const SERVICE = ""; // the one that this page came from
const CHOICES_FRESH_S = 3600;
// A service may answer with posts that are all left out here, or refuse a parameter that it does
// not know; then it is asked again at once, so often at most.
const ROUNDS_MAX = 5;
const WAIT_MS_MIN = 3000;

export const seconds = () => Math.floor(Date.now() / 1000);

const beenOrSeen = (state) =>
  new Set([...reader.pastUrls(state), ...state.been.map((link) => link.url)]);

export function takeLinks(current, asked, answer) {
  const around = { taste: current.taste, past_urls: beenOrSeen(current), now: seconds() };
  return { ...current, walk: walks.takeAnswer(current.walk, asked, answer, around) };
}

// Whether that is all for now: there are posts of the walk as it now is, or a reason why there are
// none.
async function fetchOnce() {
  const state = read();
  const said = await ask(SERVICE, walks.randomPath(state.walk, state.taste, seconds()));
  const after = change((current) =>
    said.status === 200
      ? takeLinks(current, state.walk, said.answer)
      : { ...current, walk: walks.takeRefusal(current.walk, state.walk, said, seconds()) },
  );
  const isAnswered = said.status === 200 && after.walk.serial === state.walk.serial;
  return after.walk.problem !== null || (isAnswered && after.walk.ahead.length > 0);
}

let fetching = null; // so that two presses do not fetch twice

export const isFetching = () => fetching !== null;

export function fetchAhead() {
  fetching ??= (async () => {
    for (let round = 0; round < ROUNDS_MAX; ++round) {
      if (await fetchOnce()) return;
    }
  })().finally(() => {
    fetching = null;
  });
  return fetching;
}

let sending = null;

async function sendAll() {
  for (;;) {
    const [item] = outbox.dueNow(read().outbox, seconds());
    if (!item) return;
    const said = await send(SERVICE, item.path, item.body);
    change((current) => ({
      ...current,
      outbox: outbox.settle(current.outbox, item, said, seconds()),
    }));
  }
}

export function sendWaiting() {
  sending ??= sendAll().finally(() => {
    sending = null;
  });
  return sending;
}

let timer = null;

// Fetches and sends what is due, and comes back when more is.
export async function tend() {
  clearTimeout(timer);
  const fetched = walks.wantsMore(read().walk, seconds()) ? fetchAhead() : null;
  await Promise.all([fetched, sendWaiting()]);
  clearTimeout(timer);
  const { walk, outbox: box } = read();
  const times = [outbox.dueAt(box), walk.problem ? walk.try_at : null].filter((at) => at !== null);
  if (!times.length) return;
  const wait_ms = 1000 * Math.min(...times) - Date.now();
  timer = setTimeout(tend, Math.max(wait_ms, WAIT_MS_MIN));
}

// The reader waits, or the network is back: no wait but the one that the service asked for.
export async function tendNow() {
  change((state) => ({
    ...state,
    walk: { ...state.walk, try_at: 0 },
    outbox: {
      ...state.outbox,
      waiting: state.outbox.waiting.map((item) => ({ ...item, try_at: 0 })),
    },
  }));
  await tend();
}

export async function readChoices() {
  if (seconds() - read().choices.read_at < CHOICES_FRESH_S) return;
  const [categories, languages] = await Promise.all([
    ask(SERVICE, "/v1/categories"),
    ask(SERVICE, "/v1/languages"),
  ]);
  if (categories.status !== 200 || languages.status !== 200) return;
  change((state) => reader.takeChoices(state, categories.answer, languages.answer, seconds()));
}

export async function readCounts() {
  const said = await ask(SERVICE, "/readyz");
  return said.status === 200 ? said.answer : null;
}
