import assert from "node:assert/strict";
import test from "node:test";

// A browser's storage, as much of it as the module needs.
class Shelf {
  held = new Map();
  bytes_max = Infinity;
  getItem(key) {
    return this.held.get(key) ?? null;
  }
  setItem(key, value) {
    if (value.length > this.bytes_max) throw new Error("QuotaExceededError");
    this.held.set(key, value);
  }
  removeItem(key) {
    this.held.delete(key);
  }
}

let count = 0;

// The module anew, as after a reload, over these shelves.
async function opened(local, session = new Shelf()) {
  const listeners = [];
  Object.assign(globalThis, {
    localStorage: local,
    sessionStorage: session,
    addEventListener: (_, listener) => listeners.push(listener),
  });
  const kept = await import(`./kept.js?${++count}`);
  kept.begin();
  return { ...kept, tell: (key) => listeners.forEach((listener) => listener({ key })) };
}

test("what is kept is there after a reload, each tab's way with its tab", async () => {
  const [local, session] = [new Shelf(), new Shelf()];
  const first = await opened(local, session);
  first.change((state) => ({ ...state, keys: false, trails: { 0: { urls: ["https://a"], place: 0 } } }));
  const again = await opened(local, session);
  assert.equal(again.read().keys, false);
  assert.equal(again.read().trails[0].place, 0);
  const other_tab = await opened(local);
  assert.equal(other_tab.read().keys, false);
  assert.deepEqual(other_tab.read().trails, {});
});

test("a part that is broken is as it was at first, and the others stay", async () => {
  const local = new Shelf();
  const broken = { walk: "null", taste: "7", saved: '{"a":1}', been: '[null,{"url":"https://a"}]', outbox: "{" };
  for (const [name, text] of Object.entries(broken)) local.setItem("saunter.2." + name, text);
  local.setItem("saunter.2.speaks", '"de"');
  const state = (await opened(local)).read();
  assert.deepEqual(state.walk.ahead, []);
  assert.deepEqual(state.taste.not_sites, []);
  assert.deepEqual(state.saved, []);
  assert.deepEqual(state.been, [{ url: "https://a" }]);
  assert.deepEqual(state.outbox.waiting, []);
  assert.equal(state.speaks, "de");
});

test("a full storage is noticed, and the page has what it needs in memory", async () => {
  const local = new Shelf();
  const kept = await opened(local);
  local.bytes_max = 0;
  kept.change((state) => ({ ...state, speaks: "fr" }));
  assert.equal(kept.isStorageFull(), true);
  assert.equal(kept.read().speaks, "fr");
  local.bytes_max = Infinity;
  kept.change((state) => ({ ...state, speaks: "it" }));
  assert.equal(kept.isStorageFull(), false);
});

test("a browser without storage has a page without a memory", async () => {
  const closed = new Shelf();
  closed.getItem = closed.setItem = () => {
    throw new Error("SecurityError");
  };
  const kept = await opened(closed, closed);
  kept.change((state) => ({ ...state, speaks: "pl" }));
  assert.equal(kept.read().speaks, "pl");
  assert.equal(kept.isStorageFull(), true);
});

test("what another tab changed is known", async () => {
  const local = new Shelf();
  const kept = await opened(local);
  kept.read();
  local.setItem("saunter.2.speaks", '"nl"');
  assert.equal(kept.read().speaks, "");
  kept.tell("saunter.2.speaks");
  assert.equal(kept.read().speaks, "nl");
  local.held.clear();
  kept.tell(null);
  assert.equal(kept.read().speaks, "");
});

test("the list and the taste of the earlier page are taken over, once", async () => {
  const local = new Shelf();
  const before = {
    past: [{ url: "https://a.example/1", title: "A", site: "a.example", language: "de" }],
    taste: { language: "de", max_age_days: "30" },
    topics: { food: "only" },
    ahead: [{ url: "https://b" }],
    walk: { token: "x", began: 1 },
  };
  for (const [name, value] of Object.entries(before))
    local.setItem("saunter." + name, JSON.stringify(value));
  const state = (await opened(local)).read();
  assert.equal(state.been[0].title, "A");
  assert.deepEqual(state.taste, { language: "de", max_age_days: 30, topics: { food: "only" }, not_sites: [] });
  assert.equal(state.walk.token, "");
  assert.deepEqual([...local.held.keys()].filter((key) => !key.startsWith("saunter.2.")), []);
});
