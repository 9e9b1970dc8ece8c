import assert from "node:assert/strict";
import { test } from "node:test";
import * as reader from "../../../api/extension/reader.js";
import { takeAnswer } from "../../../api/extension/walk.js";

const NOW = 1795824000;
const link = (i, fields) => ({
  url: `https://s${i}.example/`,
  title: `Post ${i}`,
  site: `s${i}.example`,
  topics: ["books"],
  language: "en",
  published_at: NOW,
  receipt: "r" + i,
  ...fields,
});
const TAB = 7;

// A reader with five posts ahead.
function begun(fields) {
  const links = Array.from({ length: 5 }, (_, i) => link(i, fields));
  const around = { taste: reader.FRESH.taste, past_urls: new Set(), now: NOW };
  return {
    ...reader.FRESH,
    walk: takeAnswer(reader.FRESH.walk, reader.FRESH.walk, { links, walk: "t" }, around),
  };
}

// As the worker does it: the step, then the trail of the tab that shows it.
function go(state, tab_id = TAB) {
  const taken = reader.onward(state, tab_id, NOW);
  return taken.url ? reader.putTrail(taken.state, tab_id, taken.trail) : taken.state;
}

function goBack(state, tab_id = TAB) {
  const { trail, url } = reader.backward(state, tab_id);
  return { state: trail ? reader.putTrail(state, tab_id, trail) : state, url };
}

test("each press takes the next post, and nothing is left when all are used up", () => {
  let state = begun();
  for (let i = 0; i < 5; ++i) {
    state = go(state);
    assert.equal(reader.postOf(state, TAB).site, `s${i}.example`);
  }
  assert.equal(reader.onward(state, TAB, NOW).url, null);
  assert.equal(state.past.length, 5);
});

test("after going back, onward leads along the way and then to a new post", () => {
  let { state } = goBack(go(go(begun())));
  assert.equal(reader.postOf(state, TAB).site, "s0.example");
  assert.ok(reader.onward(state, TAB, NOW).is_met);
  state = go(state);
  assert.equal(reader.postOf(state, TAB).site, "s1.example");
  assert.equal(state.walk.ahead.length, 3);
  state = go(state);
  assert.equal(reader.postOf(state, TAB).site, "s2.example");
  assert.equal(goBack(goBack(goBack(state).state).state).url, null);
});

test("each tab has its own way, and the card is about the post of its tab", () => {
  const state = go(go(begun(), 1), 2);
  assert.equal(reader.postOf(state, 1).site, "s0.example");
  assert.equal(reader.postOf(state, 2).site, "s1.example");
  assert.equal(reader.postOf(state, 3), null);
  assert.equal(reader.postOf(reader.dropTrail(state, 1), 1), null);
});

test("a tab without a way goes back to where the reader was last", () => {
  const { state, url } = goBack(go(go(begun())), 9);
  assert.equal(url, link(1).url);
  assert.equal(goBack(state, 9).url, link(0).url);
  assert.equal(goBack(reader.FRESH).url, null);
});

test("a vote is noted on its post and put in the outbox", () => {
  const state = reader.vote(go(begun()), link(0).url, "up", NOW);
  assert.deepEqual(
    state.outbox.waiting.map((item) => item.body),
    [{ receipt: "r0", vote: "up" }],
  );
  assert.equal(state.past[0].vote, "up");
});

test("a vote can be changed and taken back while it waits, and not once it is counted", () => {
  const waiting = reader.vote(go(begun()), link(0).url, "up", NOW);
  assert.equal(reader.vote(waiting, link(0).url, "down", NOW).outbox.waiting[0].body.vote, "down");
  const back = reader.vote(waiting, link(0).url, "", NOW);
  assert.deepEqual([back.outbox.waiting.length, back.past[0].vote], [0, ""]);
  const counted = { ...waiting, outbox: reader.FRESH.outbox };
  assert.equal(reader.vote(counted, link(0).url, "down", NOW), counted);
});

test("a post without a receipt takes neither vote nor report", () => {
  const state = go(begun({ receipt: undefined }));
  assert.equal(reader.vote(state, link(0).url, "up", NOW), state);
  assert.equal(reader.report(state, link(0).url, "dead", "", NOW), state);
  assert.equal(reader.vote(state, "https://nowhere.example/", "up", NOW), state);
});

test("a report is sent once, of a kind that the contract names", () => {
  const state = reader.report(go(begun()), link(0).url, "spam", "twice a day", NOW);
  assert.deepEqual(state.outbox.waiting[0].body, {
    receipt: "r0",
    kind: "spam",
    note: "twice a day",
  });
  const sent = { ...state, outbox: reader.FRESH.outbox };
  assert.equal(reader.report(sent, link(0).url, "dead", "", NOW), sent);
  const fresh = go(begun());
  assert.equal(reader.report(fresh, link(0).url, "boring", "", NOW), fresh);
});

test("what is held for consent is said once the reader agrees, and only then", () => {
  const state = go(begun());
  const held = reader.hold(state, { url: link(0).url, vote: "down" });
  assert.equal(held.outbox.waiting.length, 0);
  const released = reader.release(held, NOW);
  assert.equal(released.outbox.waiting[0].body.vote, "down");
  assert.equal(reader.release(released, NOW), released);
  const report = reader.release(
    reader.hold(state, { url: link(0).url, kind: "dead", note: "" }),
    NOW,
  );
  assert.equal(report.outbox.waiting[0].path, "/v1/reports");
});

test("a site that is left out leaves what is ahead, and can be let in again", () => {
  const state = reader.leaveOut(begun(), "s1.example", NOW);
  assert.deepEqual(
    state.walk.ahead.map((kept) => kept.site),
    ["s0.example", "s2.example", "s3.example", "s4.example"],
  );
  assert.deepEqual(reader.letIn(state, "s1.example", NOW).taste.not_sites, []);
});

test("a saved post stays when the past is forgotten, and can be opened again", () => {
  let state = reader.save(go(begun()), link(0).url, NOW);
  state = reader.forget(state);
  assert.deepEqual([state.past.length, state.saved.length], [0, 1]);
  const opened = reader.reopen(state, TAB, link(0).url, NOW);
  assert.equal(opened.url, link(0).url);
  assert.equal(opened.state.past[0].saved_at, undefined);
  assert.deepEqual(opened.state.past[0].topics, []);
  assert.equal(reader.reopen(state, TAB, "https://other.example/", NOW).url, null);
  assert.equal(reader.unsave(state, link(0).url).saved.length, 0);
});

test("another service gets nothing of what the first one gave", () => {
  let state = reader.vote(go(begun()), link(0).url, "up", NOW);
  state = reader.changeService(
    reader.hold(state, { url: link(0).url, vote: "up" }),
    "http://nas.local",
  );
  assert.deepEqual(
    [state.walk.ahead.length, state.walk.token, state.outbox.waiting.length, state.held],
    [0, "", 0, null],
  );
  assert.equal(state.past[0].receipt, "");
  assert.equal(reader.changeService(state, "http://nas.local"), state);
});

test("what one can choose among is taken within limits", () => {
  const topics = [
    { name: "food", label: "Food", links: 3 },
    { name: "a,b", links: 1 },
    {},
    null,
    { name: "rust", group: "technology", links: 1 },
  ];
  const languages = {
    languages: [{ language: "en-GB" }, { language: "en" }, { language: null }, { language: "de" }],
  };
  const { choices } = reader.takeChoices(reader.FRESH, { topics }, languages, NOW);
  assert.deepEqual(
    choices.topics.map((topic) => [topic.name, topic.label, topic.group]),
    [
      ["food", "Food", ""],
      ["rust", "rust", "technology"],
    ],
  );
  assert.deepEqual(choices.languages, ["en", "de"]);
  const many = reader.takeChoices(
    reader.FRESH,
    { topics: Array(999).fill({ name: "a" }) },
    {},
    NOW,
  ).choices;
  assert.equal(many.topics.length, 200);
});

test("a topic is chosen within the taste as it stands by then", () => {
  let state = reader.chooseTopic(reader.FRESH, "food", "only", NOW);
  state = reader.chooseTopic(state, "technology", "not", NOW);
  assert.deepEqual(state.taste.topics, { food: "only", technology: "not" });
  assert.deepEqual(reader.chooseTopic(state, "food", "", NOW).taste.topics, { technology: "not" });
});
