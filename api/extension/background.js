// The extension's worker. The browser ends it whenever it likes, and begins it anew with the next
// event: listeners stand at the top level, and all that lasts is in the storage.
import { api, listenForConsent, shownTab } from "./browser.js";
import { change, read } from "./store.js";
import { ask } from "./exchange.js";
import { isWeb, serviceAddress } from "./address.js";
import { DEFAULT_SERVICE } from "./built.js";
import * as reader from "./reader.js";
import { makeTraffic, ROUNDS_MAX, seconds, tryAgainAt } from "./traffic.js";
import { wantsMore } from "./walk.js";

const CARD = "card.html";
const CARD_SIZE = { width: 420, height: 680 };
const CHOICES_FRESH_S = 86400;

const serviceOf = (state) => state.service || DEFAULT_SERVICE;

// --- What comes from the service and goes to it ---

const keep = (step) => change((state) => ({ state: step(state) }));

const { fetchAhead, readChoices, sendWaiting } = makeTraffic({
  read,
  change: async (step) => (await keep(step)).state,
  serviceOf,
  metUrls: reader.pastUrls,
  choices_fresh_s: CHOICES_FRESH_S,
});

async function fetchIfWanted() {
  if (wantsMore((await read()).walk, seconds())) await fetchAhead();
}

async function setAlarm() {
  const at = tryAgainAt(await read());
  if (at !== null)
    await api.alarms.create("again", { when: 1000 * Math.max(at, seconds() + 30) });
  else await api.alarms.clear("again");
}

// Fetches and sends what is due, and sees to it that what has to wait is not forgotten. Nobody
// waits for it who shows something to the reader: the service may be slow.
async function tend() {
  await Promise.all([fetchIfWanted(), sendWaiting()]);
  await Promise.all([setAlarm(), showProblem()]);
}

// A mark on the button only when a press would lead nowhere.
async function showProblem() {
  const { walk } = await read();
  const isStuck = walk.problem && walk.ahead.length === 0;
  await api.action.setBadgeText({ text: isStuck ? "!" : "" });
  await api.action.setTitle({
    title: api.i18n.getMessage(isStuck ? "problem_" + walk.problem.name : "button_title"),
  });
}

// --- Where the reader goes ---

async function openHere(tab, { trail, url }) {
  if (!url || !isWeb(url)) return;
  await change((state) => ({ state: reader.putTrail(state, tab.id, trail) }));
  await api.tabs.update(tab.id, { url });
}

async function openBeside(tab, { trail, url }) {
  if (!isWeb(url)) return;
  const made = await api.tabs.create({ url, index: tab.index + 1, windowId: tab.windowId });
  await change((state) => ({ state: reader.putTrail(state, made.id, trail) }));
}

async function next(tab) {
  const step = () => change((state) => reader.onward(state, tab.id, seconds()));
  let taken = await step();
  for (let round = 0; !taken.url && round < ROUNDS_MAX; ++round) {
    await fetchAhead();
    taken = await step();
    if (taken.state.walk.problem) break;
  }
  if (taken.url)
    await (taken.state.opens_in === "new" && !taken.is_met ? openBeside : openHere)(tab, taken);
  tend();
  return Boolean(taken.url);
}

async function back(tab) {
  await openHere(tab, reader.backward(await read(), tab.id));
}

async function reopen(tab, url) {
  const taken = await change((state) => reader.reopen(state, tab.id, url, seconds()));
  await openHere(tab, taken);
}

// The card opens from the button itself only where the reader has chosen so; otherwise it is shown
// for this once. Nothing is awaited before openPopup: it must still be the reader's own press.
async function showCard() {
  try {
    api.action.setPopup({ popup: CARD });
    await api.action.openPopup();
  } catch {
    // Chromium before 127 cannot; nor can a window without a toolbar.
    await api.windows.create({ url: CARD, type: "popup", ...CARD_SIZE });
  }
  await applyButton();
}

async function applyButton() {
  const { button } = await read();
  await api.action.setPopup({ popup: button === "card" ? CARD : "" });
}

// --- What the pages ask for ---

// A vote is answered when the service has answered, so that the card can say what became of it.

const orders = {
  next: async () => next(await shownTab()),
  back: async () => back(await shownTab()),
  reopen: async ({ url }) => reopen(await shownTab(), url),
  async vote({ url, vote }) {
    await keep((state) => reader.vote(state, url, vote, seconds()));
    await sendWaiting();
    tend();
  },
  async report({ url, kind, note }) {
    await keep((state) => reader.report(state, url, kind, note, seconds()));
    await sendWaiting();
    tend();
  },
  hold: ({ said }) => keep((state) => reader.hold(state, said)),
  release,
  drop_held: () => keep((state) => reader.hold(state, null)),
  save: ({ url }) => keep((state) => reader.save(state, url, seconds())),
  unsave: ({ url }) => keep((state) => reader.unsave(state, url)),
  async leave_out({ site }) {
    await keep((state) => reader.leaveOut(state, site, seconds()));
    tend();
  },
  async let_in({ site }) {
    await keep((state) => reader.letIn(state, site, seconds()));
    tend();
  },
  async topic({ name, use }) {
    await keep((state) => reader.chooseTopic(state, name, use, seconds()));
    tend();
  },
  async taste({ taste }) {
    await keep((state) => reader.changeTaste(state, { ...state.taste, ...taste }, seconds()));
    tend();
  },
  forget: () => keep(reader.forget),
  choices: readChoices,
  opens_in: ({ value }) => keep((state) => ({ ...state, opens_in: value })),
  async button({ value }) {
    await keep((state) => ({ ...state, button: value }));
    await applyButton();
  },
  // Returns what the service says of itself, or null where there is none.
  async service({ address }) {
    const named = serviceAddress(address);
    if (!named) return null;
    await keep((state) => reader.changeService(state, named === DEFAULT_SERVICE ? "" : named));
    const said = await ask(named, "/readyz");
    tend();
    return {
      status: said.status,
      detail: said.detail,
      links: said.answer?.links,
      sites: said.answer?.sites,
    };
  },
};

async function release() {
  await keep((state) => reader.release(state, seconds()));
  await sendWaiting();
  tend();
}

// --- What wakes the worker ---

api.action.onClicked.addListener(next);

api.commands.onCommand.addListener(async (command, tab) => {
  if (command === "card") return showCard();
  const shown = tab?.id === undefined ? await shownTab() : tab;
  return command === "back" ? back(shown) : next(shown);
});

api.runtime.onMessage.addListener((message, sender, answer) => {
  const order = Object.hasOwn(orders, message?.order) ? orders[message.order] : null;
  if (!order) return false;
  order(message).then(
    (said) => answer(said ?? null),
    () => answer(null),
  );
  return true; // the answer comes later
});

api.alarms.onAlarm.addListener(tend);

api.tabs.onRemoved.addListener((tab_id) => keep((state) => reader.dropTrail(state, tab_id)));

// The card may have gone while the browser asked; the vote that it was about is still held.
listenForConsent(release);

api.runtime.onStartup.addListener(() => Promise.all([applyButton(), tend()]));

api.runtime.onInstalled.addListener(async ({ reason }) => {
  await Promise.all([applyButton(), tend()]);
  if (reason === "install") await api.runtime.openOptionsPage();
});
