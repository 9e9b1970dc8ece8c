// Votes and reports on their way to the service. Pure: each function takes an outbox and returns
// another one; times are Unix seconds.
//
// A receipt is good for one vote and one report within seven days. What is waiting is sent again
// until the service has committed it: an answer that was lost is made up for by its 409, "already
// used".

const WAITING_MAX = 200;
const RECEIPT_S_MAX = 7 * 86400;
const RETRY_S_MIN = 60;
const RETRY_S_MAX = 3600;
const NOTE_LENGTH_MAX = 200; // code points

export const REPORT_KINDS = Object.freeze([
  "dead",
  "spam",
  "ai",
  "adult",
  "language",
  "topic",
  "other",
]);

export const EMPTY_OUTBOX = Object.freeze({
  waiting: Object.freeze([]), // {path, body, added_at, try_at, failures}
  held_until_at: 0, // the service wants nothing from this network before
});

export const voteItem = (receipt, vote) => ({ path: "/v1/votes", body: { receipt, vote } });

// Control characters say nothing, and would make the body longer than the service takes.
export function reportItem(receipt, kind, note) {
  const clean = Array.from(note.replace(/\p{Cc}+/gu, " ").trim())
    .slice(0, NOTE_LENGTH_MAX)
    .join("");
  return { path: "/v1/reports", body: clean ? { receipt, kind, note: clean } : { receipt, kind } };
}

const isSame = (one, other) => one.path === other.path && one.body.receipt === other.body.receipt;
const saysTheSame = (one, other) => JSON.stringify(one.body) === JSON.stringify(other.body);

// Whether one of this path and receipt is still here, so that it can be changed or taken back.
export const isWaiting = (outbox, item) => outbox.waiting.some((other) => isSame(item, other));

export function takeBack(outbox, item) {
  return { ...outbox, waiting: outbox.waiting.filter((other) => !isSame(item, other)) };
}

// A second word on the same receipt replaces the first. A full outbox loses its oldest.
export function put(outbox, item, now) {
  const waiting = [
    ...takeBack(outbox, item).waiting,
    { ...item, added_at: now, try_at: now, failures: 0 },
  ];
  return { ...outbox, waiting: waiting.slice(-WAITING_MAX) };
}

// What to send now, the oldest first; items whose receipt has run out are passed over.
export function dueNow(outbox, now) {
  if (now < outbox.held_until_at) return [];
  return outbox.waiting.filter((item) => item.try_at <= now && now - item.added_at < RECEIPT_S_MAX);
}

// When there is something to send again, or null.
export function dueAt(outbox) {
  if (outbox.waiting.length === 0) return null;
  return Math.max(outbox.held_until_at, Math.min(...outbox.waiting.map((item) => item.try_at)));
}

const later = (failures) => Math.min(RETRY_S_MIN * 2 ** Math.min(failures, 20), RETRY_S_MAX);

// After an answer to one item: {status, retry_after_s}; status 0 means that nothing answered.
export function settle(outbox, item, answer, now) {
  const waiting = outbox.waiting.filter((other) => now - other.added_at < RECEIPT_S_MAX);
  // It may have been replaced or taken back while it was on its way.
  const mine = waiting.find((other) => isSame(item, other) && saysTheSame(item, other));
  if (!mine) return { ...outbox, waiting };
  const rest = waiting.filter((other) => other !== mine);
  if (answer.status === 429) {
    return { waiting, held_until_at: now + (answer.retry_after_s ?? RETRY_S_MAX) };
  }
  // Committed now (202) or before (409), expired (410), or a mistake that no repetition mends.
  if (answer.status !== 0 && answer.status < 500) return { ...outbox, waiting: rest };
  const wait_s = Math.max(later(mine.failures), answer.retry_after_s ?? 0);
  const again = { ...mine, failures: mine.failures + 1, try_at: now + wait_s };
  return { ...outbox, waiting: waiting.map((other) => (other === mine ? again : other)) };
}
