// What /status says, worked out of what /v1/status answers. Pure: no page, no clock.

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
// The crawler reports twice a minute when it has nothing to do.
const SILENT_S = 150;

export const number = (value) => value.toLocaleString("en");
export const counted = (count, one, many = one + "s") => number(count) + " " + (count === 1 ? one : many);

export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return s + " s";
  if (s < 100 * 60) return Math.round(s / 60) + " min";
  if (s < 10 * HOUR) return `${Math.floor(s / HOUR)} h ${Math.floor((s % HOUR) / 60)} min`;
  if (s < 48 * HOUR) return Math.round(s / HOUR) + " h";
  if (s < 2 * 365 * DAY) return Math.round(s / DAY) + " days";
  return Math.round(s / (365 * DAY)) + " years";
}

// "14:05", or "Fri 27 Nov, 14:05" on another day than `now`, or "27 Nov 2025" long ago; local time.
export function moment(at, now) {
  const format = (options) => new Intl.DateTimeFormat("en-GB", options).format(at * 1000);
  const time = format({ hour: "2-digit", minute: "2-digit" });
  if (new Date(at * 1000).toDateString() === new Date(now * 1000).toDateString()) return time;
  if (Math.abs(now - at) > 300 * DAY) return format({ day: "numeric", month: "short", year: "numeric" });
  return format({ weekday: "short", day: "numeric", month: "short" }) + ", " + time;
}

export const ago = (at, now) => span(now - at) + " ago";

// --- The first sentence ---

const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");

// [kind, what is so, what to do about it]; kind is good, warn or bad.
export function verdict(status, now) {
  const { stats } = status;
  const { crawler } = stats;
  const since = (at) => `since ${moment(at, now)} (${span(now - at)})`;
  const start = "Start it: systemctl start saunter-crawler";
  if (stats.feeds === 0) return ["bad", "There are no feeds yet.", "Add some: saunter import FILE"];
  if (!crawler) return ["bad", "No crawler has run on this database yet.", start];
  if (crawler.stopped_at) return ["bad", `The crawler has been stopped ${since(crawler.stopped_at)}.`, start];
  const heard = Math.max(crawler.reported_at, stats.last_batch_at ?? 0);
  if (now - heard > SILENT_S)
    return [
      "bad",
      `The crawler has said nothing for ${span(now - heard)}, ${since(heard)}.`,
      "It has hung or died. Look: systemctl status saunter-crawler; journalctl -u saunter-crawler -n 50",
    ];
  if (crawler.outage_at)
    return [
      "bad",
      `Outage: almost no host has answered ${since(crawler.outage_at)}.`,
      `${sentence(crawler.problem || "check this machine's network and DNS")} Look closer: saunter doctor. ` +
        "Nothing counts as dead meanwhile, and the crawl goes on by itself when hosts answer again.",
    ];
  if (crawler.problem)
    return [
      "bad",
      `The crawler has a problem: ${crawler.problem.replace(/\.$/, "")}.`,
      "Look closer: saunter doctor",
    ];
  if (stats.links_in_pool === 0)
    return [
      "warn",
      "Readers get nothing yet: no link is known that may be served.",
      "The crawler is at work; if this stays so, see the failing feeds below.",
    ];
  const feeds = feedSums(status.feed_counts);
  if (feeds.failing * 2 > feeds.fetched && feeds.fetched >= 20)
    return [
      "warn",
      `Most feeds fail: ${number(feeds.failing)} of ${number(feeds.fetched)} that were fetched.`,
      "See below for the causes. If one is far ahead, it is likely here and not there.",
    ];
  const due =
    crawler.feeds_due === 0 ? "nothing is due now" : `${counted(crawler.feeds_due, "feed")} due now`;
  const last = crawler.fetch_ok_at ? `, the last feed was read ${ago(crawler.fetch_ok_at, now)}` : "";
  return [
    "good",
    "All is well.",
    `The crawler is at work: ${number(crawler.in_flight)} in flight, ${due}${last}.`,
  ];
}

// --- Shares ---

// Of rows with a value: the percentage of each as text. Those that are shown add up to 100.0.
export function percentages(values) {
  const whole = values.reduce((sum, value) => sum + value, 0);
  if (whole === 0) return values.map(() => "–");
  const exact = values.map((value) => (1000 * value) / whole);
  const tenths = exact.map(Math.floor);
  let left = 1000 - tenths.reduce((sum, value) => sum + value, 0);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b] - tenths[b] - (exact[a] - tenths[a]));
  // What is less than a tenth is said to be so, and takes nothing of what is left over.
  for (const i of order.filter((i) => tenths[i] > 0)) if (left > 0) (++tenths[i], --left);
  return values.map((value, i) => {
    if (value === 0) return "0 %";
    if (tenths[i] === 0) return "<0.1 %";
    if (tenths[i] >= 1000 && value < whole) return ">99.9 %";
    return (tenths[i] / 10).toFixed(1) + " %";
  });
}

const OUTCOMES = {
  ok: "read",
  not_modified: "unchanged since the look before",
  gone: "gone (410)",
  not_found: "not found (404)",
  refused_by_server: "refused by the server",
  too_many_requests: "asked to wait (429)",
  server_error: "server error (5xx)",
  unexpected_status: "unexpected status",
  dns_failure: "host name does not exist",
  connect_failure: "no connection",
  timeout: "no answer in time",
  tls_failure: "no secure connection",
  tls_name_mismatch: "certificate for another name",
  blocked_address: "address not allowed",
  body_too_large: "feed too large",
  headers_too_large: "headers too large",
  bad_redirect: "redirects lead nowhere",
  protocol_error: "broken answer",
  not_a_feed: "not a feed",
  parse_limit: "feed beyond the limits",
  blacklisted: "blacklisted",
  disallowed_by_robots: "not allowed by robots.txt",
  lost: "lost when the crawler ended",
  tls_expired: "certificate out of date",
  tls_untrusted: "certificate not trusted",
  no_route: "no route to the host",
  resolver_failure: "host name not looked up",
};
export const outcomeName = (outcome) => OUTCOMES[outcome] ?? outcome.replaceAll("_", " ");

export function linkRows(stats) {
  return [
    ["alive", stats.links_alive, "good"],
    ["not yet checked", stats.links_unchecked, ""],
    ["could not be judged", stats.links_unknown, ""],
    ["doubtful: dead once, to be looked at again", stats.links_doubtful, "warn"],
    ["dead", stats.links_dead, "bad"],
  ];
}

// Each feed is in one of these rows.
export function feedRows(counts) {
  const rows = new Map();
  const add = (place, name, kind, feeds) => {
    const row = rows.get(name) ?? [name, 0, kind, place];
    row[1] += feeds;
    rows.set(name, row);
  };
  add(0, outcomeName("ok"), "good", 0);
  for (const { state, last_outcome, is_failing, feeds } of counts) {
    if (state === "paused") add(5, "paused by an operator", "", feeds);
    else if (state === "gone") add(6, "given up: gone for good (410)", "", feeds);
    else if (!last_outcome) add(4, "never fetched yet", "", feeds);
    else if (is_failing) add(3, "failing: " + outcomeName(last_outcome), "warn", feeds);
    else
      add(
        last_outcome === "ok" ? 0 : last_outcome === "not_modified" ? 1 : 2,
        outcomeName(last_outcome),
        ["ok", "not_modified"].includes(last_outcome) ? "good" : "",
        feeds,
      );
  }
  return [...rows.values()].sort((a, b) => a[3] - b[3] || b[1] - a[1]).map((row) => row.slice(0, 3));
}

export function feedSums(counts) {
  const sum = (fits) => counts.filter(fits).reduce((total, row) => total + row.feeds, 0);
  return {
    all: sum(() => true),
    failing: sum((row) => row.state === "active" && row.is_failing),
    never: sum((row) => row.state === "active" && !row.last_outcome),
    fetched: sum((row) => row.state === "active" && row.last_outcome),
  };
}

// --- Time ---

// The choices of how far back one looks: bars, their length, the key that they begin with.
export const RANGES = {
  days2: { name: "2 days", each: "hour", key: "hours", at: "hour_at", step: HOUR, bars: 48 },
  days30: { name: "30 days", each: "day", key: "days", at: "day_at", step: DAY, bars: 30 },
  year: { name: "A year", each: "week", key: "weeks", at: "week_at", step: WEEK, offset: 4 * DAY, bars: 53 },
};

// Those that show more than the one before.
export function rangesFor(status, now) {
  const known = now - (status.activity_begins_at ?? now);
  return Object.keys(RANGES).filter((key) => key === "days2" || known > { days30: 2, year: 30 }[key] * DAY);
}

// Bars oldest first. `sums` is null where nothing is known: no commit fell into that time.
export function buckets(status, range, now) {
  const { key, at, step, offset = 0, bars } = range;
  const known = new Map(status[key].map((sums) => [sums[at], sums]));
  const last = now - ((now - offset) % step);
  return Array.from({ length: bars }, (_, i) => {
    const begin = last - (bars - 1 - i) * step;
    return { begin, end: begin + step, sums: known.get(begin) ?? null, is_whole: begin + step <= now };
  });
}

export function outagesIn(status, begin, now) {
  const lasting = status.stats.crawler?.outage_at;
  const all = lasting ? [...status.outages, { began_at: lasting, ended_at: now }] : status.outages;
  return all.filter((one) => one.ended_at > begin && one.began_at < now);
}

// Round values from 0 up to the first that is not below `most`, three to five of them.
export function ticks(most) {
  const least = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((k) => k * power).find((size) => size >= least),
  );
  return Array.from({ length: Math.max(1, Math.ceil(Math.max(most, 1) / step)) + 1 }, (_, i) => i * step);
}

export const compact = (value) =>
  new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })
    .format(value)
    .toLowerCase()
    .replace("m", " M")
    .replace("k", " k");

// Places on the axis: [time, label, whether a new day, week or month begins]. Local time for hours,
// UTC for days and weeks, as their sums are.
export function marks(range, begin, end, width) {
  const found = [];
  if (range.each === "hour") {
    const hours = width < 500 ? 12 : 6;
    for (let at = Math.ceil(begin / 900) * 900; at <= end; at += 900) {
      const local = new Date(at * 1000);
      if (local.getMinutes() || local.getHours() % hours) continue;
      const is_day = local.getHours() === 0;
      const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
      found.push([
        at,
        is_day ? day.format(local) : String(local.getHours()).padStart(2, "0") + ":00",
        is_day,
      ]);
    }
    return found;
  }
  const format = (at, options) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(at * 1000);
  const months = width < 500 ? 3 : width < 800 ? 2 : 1;
  for (let at = Math.ceil(begin / DAY) * DAY; at <= end; at += DAY) {
    const date = new Date(at * 1000);
    if (range.each === "day" && date.getUTCDay() === 1)
      found.push([at, format(at, { day: "numeric", month: "short" }), true]);
    if (range.each === "week" && date.getUTCDate() === 1 && date.getUTCMonth() % months === 0)
      found.push([
        at,
        format(at, date.getUTCMonth() ? { month: "short" } : { month: "short", year: "numeric" }),
        true,
      ]);
  }
  return found;
}

export function bucketName(range, bucket) {
  const format = (at, options) => new Intl.DateTimeFormat("en-GB", options).format(at * 1000);
  const day = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  if (range.each === "hour")
    return format(bucket.begin, { ...day, year: undefined, hour: "2-digit", minute: "2-digit" });
  if (range.each === "day") return format(bucket.begin, { ...day, timeZone: "UTC" });
  return "the week of " + format(bucket.begin, { ...day, weekday: undefined, timeZone: "UTC" });
}
