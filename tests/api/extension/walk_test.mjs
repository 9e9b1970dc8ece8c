import assert from "node:assert/strict";
import { test } from "node:test";
import { keptLink } from "../../../api/extension/link.js";
import { ANY_TASTE, chooseTopic, leaveOutSite } from "../../../api/extension/taste.js";
import * as walks from "../../../api/extension/walk.js";

const NOW = 1795824000;
const DAY = 86400;
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
const answer = (from, to, fields) => ({
  links: Array.from({ length: to - from }, (_, i) => link(from + i)),
  walk: "token" + to,
  walk_complete: false,
  ...fields,
});
const around = (fields) => ({ taste: ANY_TASTE, past_urls: new Set(), now: NOW, ...fields });
const begun = () => walks.takeAnswer(walks.NO_WALK, walks.NO_WALK, answer(0, 10), around());

test("a walk begins without a token, and goes on with the service's", () => {
  assert.equal(walks.randomPath(walks.NO_WALK, ANY_TASTE, NOW), "/v1/random?count=10");
  const walk = begun();
  assert.equal(walks.randomPath(walk, ANY_TASTE, NOW), "/v1/random?count=10&walk=token10");
  const further = walks.takeAnswer(walk, walk, answer(10, 20), around({ now: NOW + 60 }));
  assert.equal(further.began_at, NOW);
  assert.equal(further.ahead.length, 20);
});

test("ten posts are left after any fetch, and the next fetch is asked for when they are fewer", () => {
  let walk = begun();
  assert.ok(!walks.wantsMore(walk, NOW));
  for (let i = 0; i < 10; ++i) {
    const next = walks.takeNext(walk);
    assert.equal(next.link.url, `https://s${i}.example/`);
    walk = next.walk;
    assert.ok(walks.wantsMore(walk, NOW));
  }
  assert.equal(walks.takeNext(walk).link, null);
});

test("a walk that is a week old, or complete, begins anew", () => {
  const walk = begun();
  assert.ok(!walks.randomPath(walk, ANY_TASTE, NOW + 7 * DAY).includes("walk="));
  const anew = walks.takeAnswer(walk, walk, answer(10, 20), around({ now: NOW + 7 * DAY }));
  assert.equal(anew.began_at, NOW + 7 * DAY);
  const complete = walks.takeAnswer(walk, walk, answer(10, 20, { walk_complete: true }), around());
  assert.ok(!walks.randomPath(complete, ANY_TASTE, NOW).includes("walk="));
});

test("a post that was met or waits already is not met again while there are others", () => {
  const walk = begun();
  const met = around({ past_urls: new Set(["https://s12.example/"]) });
  const more = walks.takeAnswer(walk, walk, answer(8, 14), met);
  assert.deepEqual(
    more.ahead.slice(10).map((kept) => kept.url),
    ["https://s10.example/", "https://s11.example/", "https://s13.example/"],
  );
  const all = around({ past_urls: new Set(answer(0, 10).links.map((each) => each.url)) });
  assert.equal(walks.takeAnswer(walks.NO_WALK, walks.NO_WALK, answer(0, 10), all).ahead.length, 10);
});

test("posts whose receipt is about to run out give way, but only to others", () => {
  const walk = begun();
  const later = NOW + 6 * DAY;
  assert.ok(walks.wantsMore(walk, later));
  assert.equal(walks.takeNext(walk).link.url, "https://s0.example/");
  const renewed = walks.takeAnswer(walk, walk, answer(10, 20), around({ now: later }));
  assert.equal(renewed.ahead[0].url, "https://s10.example/");
  assert.equal(renewed.ahead.length, 10);
});

test("an answer for an earlier taste or service is not taken", () => {
  const asked = begun();
  const changed = walks.changeTaste(asked, chooseTopic(ANY_TASTE, "food", "only"), {}, NOW);
  assert.equal(walks.takeAnswer(changed, asked, answer(10, 20), around()), changed);
  assert.equal(walks.takeRefusal(changed, asked, { status: 0 }, NOW), changed);
  const moved = walks.changeService(asked);
  assert.deepEqual([moved.ahead.length, moved.token], [0, ""]);
  assert.equal(walks.takeAnswer(moved, asked, answer(10, 20), around()), moved);
});

test("a change of taste keeps what is ahead and fits", () => {
  let walk = walks.takeAnswer(
    walks.NO_WALK,
    walks.NO_WALK,
    { links: [link(0), link(1, { topics: ["food"] })], walk: "t" },
    around(),
  );
  walk = walks.changeTaste(walk, chooseTopic(ANY_TASTE, "food", "only"), {}, NOW);
  assert.deepEqual(
    walk.ahead.map((kept) => kept.site),
    ["s1.example"],
  );
  assert.equal(walk.token, "t", "the token holds no taste");
});

test("a site that the reader leaves out is left out here too", () => {
  const walk = walks.takeAnswer(
    walks.NO_WALK,
    walks.NO_WALK,
    answer(0, 3),
    around({ taste: leaveOutSite(ANY_TASTE, "s1.example") }),
  );
  assert.deepEqual(
    walk.ahead.map((kept) => kept.site),
    ["s0.example", "s2.example"],
  );
});

test("a refused token is dropped and asked without at once", () => {
  const walk = begun();
  const anew = walks.takeRefusal(walk, walk, { status: 400 }, NOW);
  assert.equal(anew.token, "");
  assert.equal(anew.try_at, 0);
  assert.equal(anew.problem, null);
});

test("a service that does not know not_site is asked without it for a day", () => {
  const mine = leaveOutSite(ANY_TASTE, "a.example");
  const walk = walks.takeRefusal(walks.NO_WALK, walks.NO_WALK, { status: 400 }, NOW);
  assert.ok(!walks.randomPath(walk, mine, NOW).includes("not_site"));
  assert.ok(walks.randomPath(walk, mine, NOW + DAY).includes("not_site=a.example"));
  const third = walks.takeRefusal(walk, walk, { status: 400, detail: "count is wrong" }, NOW);
  assert.deepEqual(third.problem, { name: "refused", detail: "count is wrong" });
  assert.ok(third.try_at > NOW, "it is not asked in a circle");
});

test("a service that says that it does not know not_site keeps its walk", () => {
  const walk = begun();
  const refused = walks.takeRefusal(
    walk,
    walk,
    { status: 400, detail: "unknown parameter: not_site" },
    NOW,
  );
  assert.equal(refused.token, "token10");
  assert.ok(
    !walks.randomPath(refused, leaveOutSite(ANY_TASTE, "a.example"), NOW).includes("not_site"),
  );
});

test("a refusal that can be mended is no problem, whatever was one before", () => {
  const troubled = walks.takeRefusal(begun(), begun(), { status: 0 }, NOW);
  assert.equal(walks.takeRefusal(troubled, troubled, { status: 400 }, NOW).problem, null);
});

test("a service that is away is tried less and less often, within an hour, and no sooner than it says", () => {
  let walk = begun();
  const waits = [];
  for (let i = 0; i < 12; ++i) {
    walk = walks.takeRefusal(walk, walk, { status: 0 }, NOW);
    waits.push(walk.try_at - NOW);
  }
  assert.deepEqual(waits.slice(0, 4), [15, 30, 60, 120]);
  assert.equal(waits.at(-1), 3600);
  assert.equal(walk.problem.name, "unreachable");
  assert.equal(walk.ahead.length, 10, "the kept ones stay");
  const told = walks.takeRefusal(
    begun(),
    begun(),
    { status: 503, retry_after_s: 7200, detail: "no link yet" },
    NOW,
  );
  assert.equal(told.try_at, NOW + 7200);
  assert.deepEqual(told.problem, { name: "refused", detail: "no link yet" });
  assert.equal(walks.takeRefusal(begun(), begun(), { status: 404 }, NOW).problem.name, "none_fits");
  assert.equal(walks.takeAnswer(walk, walk, answer(10, 20), around()).problem, null);
});

test("what a service answers is kept within limits, and only what can be opened", () => {
  const huge = keptLink(
    link(0, {
      title: "x".repeat(5000),
      summary: "😀".repeat(5000),
      topics: Array(99).fill("t"),
      receipt: "r".repeat(5000),
      author: 7,
      published_at: "1",
    }),
    NOW,
  );
  assert.ok(JSON.stringify(huge).length < 6000);
  assert.ok(huge.summary.isWellFormed?.() ?? true);
  assert.deepEqual([huge.receipt, huge.author, huge.published_at], ["", "", null]);
  for (const url of [
    "javascript:alert(1)",
    "data:text/html,x",
    "",
    null,
    7,
    "https://a/" + "b".repeat(3000),
  ]) {
    assert.equal(keptLink(link(0, { url }), NOW), null);
  }
  assert.equal(keptLink(null, NOW), null);
  const feed_url = "https://s0.example/feed.xml";
  assert.equal(keptLink(link(0, { feed_url }), NOW).feed_url, feed_url);
  assert.equal(keptLink(link(0, { feed_url: "javascript:alert(1)" }), NOW).feed_url, "");
  const walk = walks.takeAnswer(walks.NO_WALK, walks.NO_WALK, answer(0, 500), around());
  assert.equal(walk.ahead.length, 60);
  assert.equal(walks.takeAnswer(walk, walk, { links: "none" }, around()), walk);
});
