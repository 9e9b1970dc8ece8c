// What comes from the service and goes to it, and when.
import { change, read } from "./kept.js";
import { ask } from "./exchange.js";
import * as reader from "./reader.js";
import { makeTraffic, seconds, tryAgainAt } from "./traffic.js";
import { wantsMore } from "./walk.js";

const SERVICE = ""; // the one that this page came from
const WAIT_MS_MIN = 3000;

export { seconds };

export const { fetchAhead, isFetching, readChoices, sendWaiting, takeAnswer } = makeTraffic({
  read,
  change,
  serviceOf: () => SERVICE,
  metUrls: (state) => new Set([...reader.pastUrls(state), ...state.been.map((link) => link.url)]),
  choices_fresh_s: 3600,
});

let timer = null;

// Fetches and sends what is due, and comes back when more is.
export async function tend() {
  clearTimeout(timer);
  const fetched = wantsMore(read().walk, seconds()) ? fetchAhead() : null;
  await Promise.all([fetched, sendWaiting()]);
  clearTimeout(timer);
  const at = tryAgainAt(read());
  if (at === null) return;
  const wait_ms = 1000 * at - Date.now();
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

export async function readCounts() {
  const said = await ask(SERVICE, "/readyz");
  return said.status === 200 ? said.answer : null;
}
