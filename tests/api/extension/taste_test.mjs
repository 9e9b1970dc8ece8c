import assert from "node:assert/strict";
import { test } from "node:test";
import * as taste from "../../../api/extension/taste.js";

const NOW = 1795824000;
const link = (fields) => ({
  site: "a.example",
  language: "en-GB",
  published_at: NOW - 86400,
  topics: ["books"],
  ...fields,
});

test("a taste becomes the parameters of the service", () => {
  let mine = { ...taste.ANY_TASTE, language: "de", max_age_days: 30 };
  mine = taste.chooseTopic(mine, "food", "only");
  mine = taste.chooseTopic(mine, "books", "only");
  mine = taste.chooseTopic(mine, "games", "not");
  mine = taste.leaveOutSite(mine, "a.example");
  mine = taste.leaveOutSite(mine, "b.example/~ann");
  assert.deepEqual(taste.tasteParameters(mine, true), [
    ["language", "de"],
    ["max_age_days", "30"],
    ["category", "books,food"],
    ["not_category", "games"],
    ["not_site", "b.example/~ann,a.example"],
  ]);
  assert.ok(!taste.tasteParameters(mine, false).some(([name]) => name === "not_site"));
  assert.deepEqual(taste.tasteParameters(taste.ANY_TASTE, true), []);
});

test("no more sites are sent than the service takes, the latest first", () => {
  let mine = taste.ANY_TASTE;
  for (let i = 0; i < 60; ++i) mine = taste.leaveOutSite(mine, `s${i}.example`);
  const sites = new Map(taste.tasteParameters(mine, true)).get("not_site").split(",");
  assert.equal(sites.length, 50);
  assert.equal(sites[0], "s59.example");
  assert.ok(taste.isLeftOut(mine, "s0.example"), "the others are remembered");
  assert.ok(!taste.isLeftOut(taste.takeBackSite(mine, "s0.example"), "s0.example"));
});

test("a topic that is chosen anew forgets the choice before", () => {
  const mine = taste.chooseTopic(taste.chooseTopic(taste.ANY_TASTE, "food", "only"), "food", "not");
  assert.deepEqual(mine.topics, { food: "not" });
  assert.deepEqual(taste.chooseTopic(mine, "food", "").topics, {});
  assert.deepEqual(taste.ANY_TASTE.topics, {});
});

test("a kept post fits by language, age, topic, group of topics and site", () => {
  const any = taste.ANY_TASTE;
  const fits = (mine, fields) => taste.fits(link(fields), mine, { rust: "technology" }, NOW);
  assert.ok(fits(any, {}));
  assert.ok(fits({ ...any, language: "en" }, {}));
  assert.ok(!fits({ ...any, language: "de" }, {}));
  assert.ok(!fits({ ...any, language: "de" }, { language: null }));
  assert.ok(fits({ ...any, max_age_days: 2 }, {}));
  assert.ok(!fits({ ...any, max_age_days: 2 }, { published_at: NOW - 3 * 86400 }));
  assert.ok(!fits({ ...any, max_age_days: 2 }, { published_at: null }));
  assert.ok(fits(taste.chooseTopic(any, "books", "only"), {}));
  assert.ok(!fits(taste.chooseTopic(any, "food", "only"), {}));
  assert.ok(!fits(taste.chooseTopic(any, "books", "not"), {}));
  assert.ok(fits(taste.chooseTopic(any, "technology", "only"), { topics: ["rust"] }));
  assert.ok(!fits(taste.chooseTopic(any, "technology", "not"), { topics: ["rust"] }));
  assert.ok(!fits(taste.leaveOutSite(any, "a.example"), {}));
});
