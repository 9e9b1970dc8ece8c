import assert from "node:assert/strict";
import { test } from "node:test";
import * as history from "../../../api/extension/history.js";

const NOW = 1795824000;
const link = (i) => ({
  url: `https://s${i}.example/`,
  title: `Post ${i}`,
  site: `s${i}.example`,
  site_title: `Site ${i}`,
  feed_url: `https://s${i}.example/feed.xml`,
  language: "en",
  summary: "Long",
  receipt: "r" + i,
});

test("the past holds each post once, the latest first, and what was said of it", () => {
  let past = history.visit(history.visit([], link(1), NOW), link(2), NOW + 1);
  past = history.note(past, link(1).url, { vote: "up" });
  past = history.visit(past, link(1), NOW + 2);
  assert.deepEqual(
    past.map((each) => each.site),
    ["s1.example", "s2.example"],
  );
  assert.equal(past[0].vote, "up");
  assert.equal(past[0].visited_at, NOW + 2);
});

test("the past has a limit", () => {
  let past = [];
  for (let i = 0; i < 250; ++i) past = history.visit(past, link(i), NOW);
  assert.equal(past.length, 200);
  assert.equal(past[0].site, "s249.example");
});

test("a saved post is saved once, without its receipt, and can be dropped", () => {
  const saved = history.save(history.save([], link(1), NOW), link(1), NOW);
  assert.equal(saved.length, 1);
  assert.equal(saved[0].receipt, undefined);
  assert.equal(saved[0].feed_url, "https://s1.example/feed.xml");
  assert.ok(history.isSaved(saved, link(1).url));
  assert.deepEqual(history.dropSaved(saved, link(1).url), []);
});

test("a full list of saved posts drops none", () => {
  let saved = [];
  for (let i = 0; i < history.SAVED_MAX; ++i) saved = history.save(saved, link(i), NOW);
  assert.equal(history.save(saved, link(-1), NOW), saved);
});

test("a search finds posts that hold all its words, in any case", () => {
  const links = [link(1), { ...link(2), title: "Über Brot" }, { ...link(3), site_title: null }];
  assert.deepEqual(
    history.search(links, "ÜBER s2").map((each) => each.site),
    ["s2.example"],
  );
  assert.equal(history.search(links, " ").length, 3);
  assert.deepEqual(history.search(links, "nowhere"), []);
});

test("a tab goes back along its trail and on again, and a new post ends what lay ahead", () => {
  let trail = ["a", "b", "c"].reduce(history.goTo, history.NO_TRAIL);
  assert.equal(history.shownBy(trail), "c");
  assert.equal(history.step(trail, 1), null);
  trail = history.step(history.step(trail, -1), -1);
  assert.equal(history.shownBy(trail), "a");
  assert.equal(history.step(trail, -1), null);
  assert.equal(history.shownBy(history.step(trail, 1)), "b");
  assert.deepEqual(history.goTo(trail, "d"), { urls: ["a", "d"], place: 1 });
  assert.equal(history.shownBy(history.NO_TRAIL), null);
  assert.equal(history.shownBy(undefined), null);
});

test("a trail has a limit", () => {
  let trail = history.NO_TRAIL;
  for (let i = 0; i < 80; ++i) trail = history.goTo(trail, String(i));
  assert.equal(trail.urls.length, 50);
  assert.equal(history.shownBy(trail), "79");
});
