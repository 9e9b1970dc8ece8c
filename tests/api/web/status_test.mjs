// What /status says, by node.
import assert from "node:assert/strict";
import { test } from "node:test";
process.env.TZ = "Europe/Paris";
const {
  RANGES,
  buckets,
  compact,
  feedRows,
  feedSums,
  marks,
  outagesIn,
  outcomeName,
  percentages,
  rangesFor,
  ticks,
  verdict,
} = await import("./status_facts.js");

const NOW = 1764331500; // 2025-11-28 12:05 UTC, a Friday
const HOUR = 3600;
const DAY = 24 * HOUR;

function status(changes = {}, crawler = {}) {
  return {
    made_at: NOW,
    stats: {
      feeds: 10,
      links: 20,
      links_in_pool: 5,
      last_batch_at: NOW - 3,
      crawler: {
        stopped_at: null,
        reported_at: NOW - 3,
        fetch_ok_at: NOW - 9,
        feeds_due: 3,
        in_flight: 2,
        outage_at: null,
        problem: null,
        ...crawler,
      },
    },
    activity_begins_at: NOW - 400 * DAY,
    hours: [],
    days: [],
    weeks: [],
    outages: [],
    feed_counts: [{ state: "active", last_outcome: "ok", is_failing: false, feeds: 10 }],
    ...changes,
  };
}

test("the first sentence says what is wrong, since when and what to do", () => {
  const says = (...of) => verdict(status(...of), NOW);
  assert.deepEqual(says()[0], "good");
  assert.match(says()[2], /2 in flight, 3 feeds due now, the last feed was read 9 s ago/);
  assert.match(says({}, { feeds_due: 0 })[2], /nothing is due now/);
  const [kind, so, then] = says({}, { outage_at: NOW - 160 * 60, problem: "almost no host answers" });
  assert.equal(kind, "bad");
  assert.match(so, /^Outage: almost no host has answered since 10:25 \(2 h 40 min\)\.$/);
  assert.match(then, /^Almost no host answers\. Look closer/);
  assert.match(says({}, { stopped_at: NOW - 60 })[2], /systemctl start saunter-crawler/);
  assert.match(says({}, { reported_at: NOW - 9 })[1], /All is well/);
  const silent = status({}, { reported_at: NOW - 1500 });
  silent.stats.last_batch_at = NOW - 1500;
  assert.match(verdict(silent, NOW)[1], /said nothing for 25 min/);
  assert.match(verdict(silent, NOW)[2], /journalctl/);
  assert.match(says({}, { problem: "no feed could be fetched yet" })[1], /no feed could be fetched yet/);
  const fresh = status();
  fresh.stats.crawler = null;
  assert.match(verdict(fresh, NOW)[1], /No crawler has run/);
  fresh.stats.feeds = 0;
  assert.match(verdict(fresh, NOW)[2], /saunter import/);
  const failing = [{ state: "active", last_outcome: "timeout", is_failing: true, feeds: 90 }];
  assert.match(says({ feed_counts: failing })[1], /Most feeds fail: 90 of 90/);
});

test("percentages add up to a hundred, and tiny ones say so", () => {
  const sum = (texts) => texts.reduce((total, text) => total + Math.round(10 * parseFloat(text)), 0) / 10;
  for (const values of [
    [1, 1, 1],
    [2, 2, 2, 1],
    [7, 11, 13, 17, 19],
    [333, 333, 334],
  ])
    assert.equal(sum(percentages(values)), 100, values);
  assert.deepEqual(percentages([1, 99999, 0]), ["<0.1 %", ">99.9 %", "0 %"]);
  assert.deepEqual(percentages([5]), ["100.0 %"]);
  assert.deepEqual(percentages([0, 0]), ["–", "–"]);
  assert.equal(sum(percentages([60000, 1, 900, 400, 9000]).filter((text) => !text.startsWith("<"))), 100);
});

test("each feed is in one row", () => {
  const counts = [
    { state: "active", last_outcome: "ok", is_failing: false, feeds: 5 },
    { state: "active", last_outcome: null, is_failing: false, feeds: 4 },
    { state: "active", last_outcome: "too_many_requests", is_failing: false, feeds: 3 },
    { state: "active", last_outcome: "timeout", is_failing: true, feeds: 8 },
    { state: "paused", last_outcome: "timeout", is_failing: true, feeds: 1 },
    { state: "paused", last_outcome: null, is_failing: false, feeds: 1 },
    { state: "gone", last_outcome: "gone", is_failing: true, feeds: 2 },
  ];
  const rows = feedRows(counts);
  assert.equal(
    rows.reduce((sum, row) => sum + row[1], 0),
    24,
  );
  assert.deepEqual(
    rows.map((row) => row[1]),
    [5, 3, 8, 4, 2, 2],
  );
  assert.deepEqual(feedSums(counts), { all: 24, failing: 8, never: 4, fetched: 16 });
});

test("an outcome that nobody knows is shown in its own words", () => {
  assert.equal(outcomeName("some_new_thing"), "some new thing");
});

test("the axis has round steps", () => {
  for (const [most, top, step] of [
    [0, 1, 1],
    [1, 1, 1],
    [3, 3, 1],
    [7, 8, 2],
    [99, 100, 50],
    [101, 150, 50],
    [1234, 1500, 500],
    [800000, 800000, 200000],
  ]) {
    const levels = ticks(most);
    assert.equal(levels[0], 0);
    assert.equal(levels[1] - levels[0], step, `the step up to ${most}`);
    assert.ok(levels.at(-1) >= most && levels.length <= 5, `${most}: ${levels}`);
    assert.equal(levels.at(-1), top, `the top over ${most}`);
  }
  assert.deepEqual([800, 1500, 20000, 2000000].map(compact), ["800", "1.5 k", "20 k", "2 M"]);
});

test("what is not known is no zero", () => {
  const hour_at = NOW - (NOW % HOUR) - HOUR;
  const bars = buckets(status({ hours: [{ hour_at, crawls: 0 }] }), RANGES.days2, NOW);
  assert.equal(bars.length, 48);
  assert.equal(bars.at(-1).sums, null);
  assert.equal(bars.at(-1).is_whole, false);
  assert.equal(bars.at(-2).sums.crawls, 0);
  assert.equal(bars.at(-2).is_whole, true);
  const week = buckets(status(), RANGES.year, NOW).at(-1);
  assert.equal(new Date(week.begin * 1000).toUTCString(), "Mon, 24 Nov 2025 00:00:00 GMT");
});

test("an outage that lasts is drawn up to now", () => {
  const found = outagesIn(
    status({ outages: [{ began_at: 1, ended_at: 2 }] }, { outage_at: NOW - 60 }),
    NOW - DAY,
    NOW,
  );
  assert.deepEqual(found, [{ began_at: NOW - 60, ended_at: NOW }]);
});

test("no longer time is offered than there are records of", () => {
  assert.deepEqual(rangesFor(status({ activity_begins_at: NOW - DAY }), NOW), ["days2"]);
  assert.deepEqual(rangesFor(status({ activity_begins_at: NOW - 3 * DAY }), NOW), ["days2", "days30"]);
  assert.deepEqual(rangesFor(status(), NOW), ["days2", "days30", "year"]);
  assert.deepEqual(rangesFor(status({ activity_begins_at: null }), NOW), ["days2"]);
});

test("hours are marked in local time and days in UTC", () => {
  const bars = buckets(status(), RANGES.days2, NOW);
  const found = marks(RANGES.days2, bars[0].begin, bars.at(-1).end, 900);
  const days = found.filter((mark) => mark[2]);
  assert.deepEqual(
    days.map((mark) => mark[1]),
    ["Thu 27 Nov", "Fri 28 Nov"],
  );
  assert.equal(days[0][0] % DAY, 23 * HOUR, "midnight in Paris");
  assert.ok(found.some((mark) => mark[1] === "06:00"));
  const weeks = buckets(status(), RANGES.year, NOW);
  const months = marks(RANGES.year, weeks[0].begin, weeks.at(-1).end, 1000).map((mark) => mark[1]);
  assert.ok(months.includes("Jan 2025") && months.includes("Nov"), months.join());
});
