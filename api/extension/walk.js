// The walk as the reader's side keeps it: a token, and posts fetched ahead, so that the next one
// is instant and ten presses work while the service is away. Pure: each function takes a walk and
// returns another one; times are Unix seconds.
import { fits, isLeftOut, tasteParameters } from "./taste.js";
import { keptLink } from "./link.js";

export const AHEAD_MIN = 10; // below this, more are fetched
const FETCHED_AT_ONCE = 10;
const AHEAD_MAX = 60; // whatever a service answers
const DAY_S = 86400;
// A walk gives posts that came after its beginning last, so a new one begins now and then.
const WALK_S_MAX = 7 * DAY_S;
// A receipt is good for seven days; an older post gives way to a fresh one.
const AHEAD_S_MAX = 6 * DAY_S;
// How long a service that refused not_site is not sent it.
const WITHOUT_NOT_SITE_S = DAY_S;
const RETRY_S_MIN = 15;
const RETRY_S_MAX = 3600;

export const NO_WALK = Object.freeze({
  ahead: Object.freeze([]),
  token: "",
  began_at: 0,
  serial: 0, // counts tastes and services, so that an answer for an earlier one is recognised
  failures: 0, // in a row
  try_at: 0, // no sooner, unless a reader waits
  not_site_again_at: 0,
  problem: null, // {name, detail}: why nothing more came
});

const takesNotSite = (walk, now) => now >= walk.not_site_again_at;
const goesOn = (walk, now) => walk.token !== "" && now - walk.began_at < WALK_S_MAX;
const isFresh = (link, now) => now - link.fetched_at < AHEAD_S_MAX;

export function randomPath(walk, taste, now) {
  const query = new URLSearchParams([
    ["count", String(FETCHED_AT_ONCE)],
    ...tasteParameters(taste, takesNotSite(walk, now)),
  ]);
  if (goesOn(walk, now)) query.set("walk", walk.token);
  return "/v1/random?" + query;
}

// Whether more should be fetched now.
export function wantsMore(walk, now) {
  return walk.ahead.filter((link) => isFresh(link, now)).length < AHEAD_MIN && now >= walk.try_at;
}

// An answer to what was asked when the walk was `asked`. past_urls: a Set of where the reader has
// been, since a new walk may lead there again.
export function takeAnswer(walk, asked, answer, { taste, past_urls, now }) {
  if (asked.serial !== walk.serial || !Array.isArray(answer?.links)) return walk;
  const kept = walk.ahead.filter((link) => isFresh(link, now));
  const known = new Set(kept.map((link) => link.url));
  const links = answer.links
    .map((link) => keptLink(link, now))
    .filter((link) => link && !isLeftOut(taste, link.site) && !known.has(link.url));
  const unmet = links.filter((link) => !past_urls.has(link.url));
  return {
    ...walk,
    // Where all that fits has been met, meeting it again is better than nothing.
    ahead: [...kept, ...(unmet.length || kept.length ? unmet : links)].slice(0, AHEAD_MAX),
    token: typeof answer.walk === "string" ? answer.walk : "",
    began_at: answer.walk_complete ? 0 : goesOn(asked, now) ? asked.began_at : now,
    failures: 0,
    try_at: 0,
    problem: null,
  };
}

// What went wrong instead: {status, detail, retry_after_s}; status 0 means that nothing answered.
export function takeRefusal(walk, asked, refusal, now) {
  if (asked.serial !== walk.serial) return walk;
  if (refusal.status === 400) {
    const anew = { ...walk, try_at: 0, problem: null };
    // It says that it does not know not_site; or it takes the token no longer; or it is not_site
    // after all, of which it says nothing.
    const isOfNotSite = takesNotSite(asked, now) && /\bnot_site\b/.test(refusal.detail ?? "");
    if (goesOn(asked, now) && !isOfNotSite) return { ...anew, token: "" };
    if (takesNotSite(asked, now)) return { ...anew, not_site_again_at: now + WITHOUT_NOT_SITE_S };
  }
  const failures = walk.failures + 1;
  const wait_s = Math.min(RETRY_S_MIN * 2 ** Math.min(failures - 1, 20), RETRY_S_MAX);
  const name =
    refusal.status === 404 ? "none_fits" : refusal.status === 0 ? "unreachable" : "refused";
  return {
    ...walk,
    failures,
    try_at: now + Math.max(wait_s, refusal.retry_after_s ?? 0),
    problem: { name, detail: refusal.detail ?? "" },
  };
}

// The next post, or null, and the walk after it.
export function takeNext(walk) {
  const [link = null, ...ahead] = walk.ahead;
  return { link, walk: { ...walk, ahead } };
}

// After a change of taste: what is ahead and fits stays, so that the next one is still instant.
export function changeTaste(walk, taste, groups, now) {
  return {
    ...walk,
    ahead: walk.ahead.filter((link) => fits(link, taste, groups, now)),
    serial: walk.serial + 1,
    failures: 0,
    try_at: 0,
    problem: null,
  };
}

// Another service knows neither the token nor the receipts.
export function changeService(walk) {
  return { ...NO_WALK, serial: walk.serial + 1 };
}
