import assert from "node:assert/strict";
import { test } from "node:test";
import * as outbox from "../../../api/extension/outbox.js";
import { retryAfterS } from "../../../api/extension/exchange.js";

const NOW = 1795824000;
const DAY = 86400;
const vote = outbox.voteItem("r1", "up");
const waiting = () => outbox.put(outbox.EMPTY_OUTBOX, vote, NOW);
const after = (status, retry_after_s = null) =>
  outbox.settle(waiting(), vote, { status, retry_after_s }, NOW);

test("a vote is sent as the contract says", () => {
  assert.deepEqual(
    outbox.dueNow(waiting(), NOW).map(({ path, body }) => ({ path, body })),
    [{ path: "/v1/votes", body: { receipt: "r1", vote: "up" } }],
  );
});

test("a report carries a clean note of at most 200 code points", () => {
  assert.deepEqual(outbox.reportItem("r1", "dead", " "), {
    path: "/v1/reports",
    body: { receipt: "r1", kind: "dead" },
  });
  const { body } = outbox.reportItem("r1", "other", "a\u0000\n b " + "😀".repeat(300));
  assert.equal(Array.from(body.note).length, 200);
  assert.ok(body.note.startsWith("a  b 😀"));
  assert.ok(new TextEncoder().encode(JSON.stringify(body)).length < 1000);
});

test("202 and 409 end it", () => {
  for (const status of [202, 409]) assert.deepEqual(after(status), outbox.EMPTY_OUTBOX);
});

test("410 drops it, and so does a mistake that no repetition mends", () => {
  for (const status of [410, 400, 404, 405, 413])
    assert.deepEqual(after(status), outbox.EMPTY_OUTBOX);
});

test("429 holds everything back until Retry-After", () => {
  const held = outbox.put(after(429, 120), outbox.voteItem("r2", "down"), NOW);
  assert.equal(outbox.dueNow(held, NOW + 119).length, 0);
  assert.equal(outbox.dueNow(held, NOW + 120).length, 2);
  assert.equal(outbox.dueAt(held), NOW + 120);
  assert.equal(outbox.dueAt(after(429)), NOW + 3600);
});

test("503 and silence keep it, and it is tried less and less often, no sooner than Retry-After", () => {
  for (const status of [503, 500, 502, 0]) {
    let box = waiting();
    const waits = [];
    for (let i = 0; i < 9; ++i) {
      box = outbox.settle(box, vote, { status, retry_after_s: null }, NOW);
      waits.push(outbox.dueAt(box) - NOW);
    }
    assert.deepEqual(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    assert.equal(box.waiting.length, 1);
  }
  assert.equal(outbox.dueAt(after(503, 300)), NOW + 300);
});

test("what is older than its receipt is not sent and goes away", () => {
  const box = outbox.put(waiting(), outbox.voteItem("r2", "up"), NOW + DAY);
  const due = outbox.dueNow(box, NOW + 7 * DAY);
  assert.deepEqual(
    due.map((item) => item.body.receipt),
    ["r2"],
  );
  assert.deepEqual(outbox.settle(box, due[0], { status: 202 }, NOW + 7 * DAY), outbox.EMPTY_OUTBOX);
});

test("a vote that waits can be changed or taken back, beside the report on the same receipt", () => {
  let box = outbox.put(waiting(), outbox.reportItem("r1", "spam", ""), NOW);
  box = outbox.put(box, outbox.voteItem("r1", "down"), NOW);
  assert.deepEqual(
    box.waiting.map((item) => item.body.vote ?? item.body.kind),
    ["spam", "down"],
  );
  assert.ok(outbox.isWaiting(box, vote));
  box = outbox.takeBack(box, vote);
  assert.ok(!outbox.isWaiting(box, vote));
  assert.equal(box.waiting.length, 1);
});

test("the answer to a vote that was changed meanwhile does not end the new one", () => {
  const changed = outbox.put(waiting(), outbox.voteItem("r1", "down"), NOW);
  assert.equal(outbox.settle(changed, vote, { status: 202 }, NOW).waiting.length, 1);
});

test("the outbox has a limit and loses its oldest", () => {
  let box = outbox.EMPTY_OUTBOX;
  for (let i = 0; i < 250; ++i) box = outbox.put(box, outbox.voteItem("r" + i, "up"), NOW);
  assert.equal(box.waiting.length, 200);
  assert.equal(box.waiting[0].body.receipt, "r50");
  assert.equal(outbox.dueAt(outbox.EMPTY_OUTBOX), null);
});

test("Retry-After is seconds or a date, RFC 9110, 10.2.3", () => {
  assert.equal(retryAfterS("120", NOW), 120);
  assert.equal(retryAfterS(new Date((NOW + 90) * 1000).toUTCString(), NOW), 90);
  assert.equal(retryAfterS(new Date((NOW - 90) * 1000).toUTCString(), NOW), 0);
  assert.equal(retryAfterS("99999999999", NOW), 7 * DAY);
  for (const text of [null, "", "soon"]) assert.equal(retryAfterS(text, NOW), null);
});
