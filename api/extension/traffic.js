// What comes from the service and goes to it, for the extension's worker and for the service's page:
// posts ahead, topics and languages, votes and reports.
import { ask, send } from "./exchange.js";
import * as outbox from "./outbox.js";
import * as reader from "./reader.js";
import * as walks from "./walk.js";

// A service may answer with posts that are all left out here, or refuse a parameter that it does
// not know; then it is asked again at once, so often at most.
export const ROUNDS_MAX = 5;

export const seconds = () => Math.floor(Date.now() / 1000);

// When something has to be tried again, in Unix seconds; null: nothing has.
export function tryAgainAt({ walk, outbox: box }) {
  const times = [outbox.dueAt(box), walk.problem ? walk.try_at : null].filter((at) => at !== null);
  return times.length ? Math.min(...times) : null;
}

// read() gives the state and change(step) the state that step(state) → state has made of it, both of
// them now or later; serviceOf(state) is the service's address, metUrls(state) the posts that are not
// wanted again.
export function makeTraffic({ read, change, serviceOf, metUrls, choices_fresh_s }) {
  const takeAnswer = (state, asked, answer) => ({
    ...state,
    walk: walks.takeAnswer(state.walk, asked, answer, {
      taste: state.taste,
      past_urls: metUrls(state),
      now: seconds(),
    }),
  });

  // Whether that is all for now: there are posts of the walk as it now is, or a reason why there are
  // none.
  async function fetchOnce() {
    const state = await read();
    const said = await ask(serviceOf(state), walks.randomPath(state.walk, state.taste, seconds()));
    const after = await change((current) =>
      said.status === 200
        ? takeAnswer(current, state.walk, said.answer)
        : { ...current, walk: walks.takeRefusal(current.walk, state.walk, said, seconds()) },
    );
    const isAnswered = said.status === 200 && after.walk.serial === state.walk.serial;
    return after.walk.problem !== null || (isAnswered && after.walk.ahead.length > 0);
  }

  let fetching = null; // so that two presses do not fetch twice; a worker that dies fetches nothing

  function fetchAhead() {
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
      const state = await read();
      const [item] = outbox.dueNow(state.outbox, seconds());
      if (!item) return;
      const said = await send(serviceOf(state), item.path, item.body);
      // To another service's outbox the answer says nothing.
      await change((current) =>
        serviceOf(current) !== serviceOf(state)
          ? current
          : { ...current, outbox: outbox.settle(current.outbox, item, said, seconds()) },
      );
    }
  }

  function sendWaiting() {
    sending ??= sendAll().finally(() => {
      sending = null;
    });
    return sending;
  }

  async function readChoices() {
    const state = await read();
    if (seconds() - state.choices.read_at < choices_fresh_s) return;
    const service = serviceOf(state);
    const [categories, languages] = await Promise.all([
      ask(service, "/v1/categories"),
      ask(service, "/v1/languages"),
    ]);
    if (categories.status !== 200 || languages.status !== 200) return;
    await change((current) =>
      serviceOf(current) !== service
        ? current
        : reader.takeChoices(current, categories.answer, languages.answer, seconds()),
    );
  }

  return { fetchAhead, isFetching: () => fetching !== null, readChoices, sendWaiting, takeAnswer };
}
