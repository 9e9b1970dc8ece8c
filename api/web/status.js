// The operator's page: shows /v1/status, and reads it again every ten seconds while it is visible.
//
// What strangers wrote (addresses, titles, reasons) becomes text and nothing else. A part is made anew
// only if what it shows has changed, and then keeps what has the focus and what is open.
import { chart, gaps } from "./status_chart.js";
import {
  RANGES,
  ago,
  bucketName,
  buckets,
  counted,
  feedRows,
  feedSums,
  linkRows,
  moment,
  number,
  outagesIn,
  outcomeName,
  percentages,
  rangesFor,
  span,
  verdict,
} from "./status_facts.js";

const EVERY_MS = 10000;
const CHARTS = [
  { key: "crawls", title: "Feeds fetched", unit: "feeds" },
  { key: "probes", title: "Links checked", unit: "links" },
  { key: "links_new", title: "Links found", unit: "links" },
];
const TITLE_LENGTH_MAX = 160;

const at = (id) => document.getElementById(id);
const state = {
  status: null,
  range: "days2",
  skew_s: 0,
  problem: null,
  failed_at: 0,
  width: 0,
  shown: new Map(),
};

const now = () => Date.now() / 1000 + state.skew_s; // by the server's clock

function element(name, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Puts what `make` makes into a part, unless it shows this already.
function show(id, facts, make) {
  const key = JSON.stringify(facts);
  if (state.shown.get(id) === key) return;
  state.shown.set(id, key);
  const part = at(id);
  const held = part.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const open = new Map(
    [...part.querySelectorAll("details[data-key]")].map((one) => [one.dataset.key, one.open]),
  );
  part.replaceChildren(...make());
  for (const one of part.querySelectorAll("details[data-key]"))
    if (open.has(one.dataset.key)) one.open = open.get(one.dataset.key);
  if (held)
    [...part.querySelectorAll("[data-key]")]
      .find((one) => one.dataset.key === held)
      ?.focus({ preventScroll: true });
}

// --- The parts ---

function showNow() {
  let said;
  if (state.problem) {
    const kept = state.status ? `What is below is as of ${moment(state.status.made_at, now())}. ` : "";
    said = ["bad", state.problem, kept + "This page keeps trying."];
  } else {
    said = verdict(state.status, now());
  }
  const [kind, so, then] = said;
  const topics = state.problem ? null : state.status.topics_problem;
  at("now").className = "now " + kind;
  // Said aloud, so written only when it is another sentence.
  if (at("so").textContent !== so) at("so").textContent = so;
  at("then").textContent = then;
  at("topics").hidden = !topics;
  at("topics").textContent = topics ? `The list of topics has a mistake and is not in use: ${topics}` : "";
  at("facts").classList.toggle("stale", Boolean(state.problem));
}

function showAge() {
  if (!state.status) return;
  const { made_at, stats } = state.status;
  const commit = stats.last_batch_at ? `The last commit was ${ago(stats.last_batch_at, now())}. ` : "";
  at("as-of").textContent =
    `${commit}All of this was read at ${moment(made_at, now())}, ${ago(made_at, now())}; ` +
    "it is read again every ten seconds.";
}

const cards = (pairs) =>
  pairs.map(([name, value]) =>
    element("div", {}, element("dt", { text: name }), element("dd", { text: number(value) })),
  );

function showSums({ stats, feed_counts }) {
  const feeds = feedSums(feed_counts);
  const pairs = [
    ["links to serve", stats.links_in_pool],
    ["links known", stats.links],
    ["sources of links", stats.sources],
    ["sites", stats.sites],
    ["sites blacklisted", stats.sites_blacklisted],
    ["feeds", stats.feeds],
    ["feeds failing", feeds.failing],
    ["feeds never fetched", feeds.never],
  ];
  show("sums", pairs, () => cards(pairs));
}

// A table of [name, value, kind] with bars that are shares of the sum, which is its last row.
function shareTable(rows, whole, heads) {
  const percents = percentages(rows.map(([, value]) => value));
  const sum = rows.reduce((total, [, value]) => total + value, 0);
  const body = rows.map(([name, value, kind], i) => {
    const track = element("span", { class: "track", "aria-hidden": "true" });
    if (value > 0) {
      const fill = element("span", { class: "fill " + kind });
      fill.style.width = (100 * value) / sum + "%";
      track.append(fill);
    }
    const label = element("div", { class: "share" }, element("span", { text: name }), track);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, label),
      element("td", { text: percents[i] }),
      element("td", { text: number(value) }),
    );
  });
  const foot = element(
    "tr",
    {},
    element("th", { scope: "row", text: whole }),
    element("td", { text: sum ? "100 %" : "–" }),
    element("td", { text: number(sum) }),
  );
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", text })));
  return element(
    "table",
    { class: "shares" },
    element("thead", { class: "visually-hidden" }, head),
    element("tbody", {}, ...body),
    element("tfoot", {}, foot),
  );
}

function showLinks({ stats }) {
  const rows = linkRows(stats);
  show("links", rows, () => [shareTable(rows, "all links known", ["Verdict", "Share", "Links"])]);
  const servable = stats.links_alive + stats.links_unchecked + stats.links_unknown;
  const held = servable - stats.links_in_pool;
  at("links-note").textContent =
    `Readers may be given those that are alive, not yet checked or could not be judged: ${number(servable)}. ` +
    (held > 0
      ? `Of these ${number(held)} are kept back, by the blacklist or until reports are reviewed: ` +
        `${counted(stats.links_in_pool, "link")} to serve.`
      : "None of them is kept back.");
}

function showFeeds({ stats, feed_counts }) {
  const rows = feedRows(feed_counts);
  const feeds = feedSums(feed_counts);
  show("feeds", rows, () => [shareTable(rows, "all feeds", ["Outcome", "Share", "Feeds"])]);
  const others = stats.feeds_failing - feeds.failing;
  at("feeds-note").textContent =
    `Each feed is counted once. ${number(feeds.fetched)} are active and were fetched; ` +
    `${number(feeds.failing)} of them are failing.` +
    (others > 0
      ? ` /v1/stats says ${number(stats.feeds_failing)}: it counts ${number(others)} that are paused or gone too.`
      : "");
}

// A link to an address that strangers wrote, if it is one of the web; else its text.
function strangerLink(url, text) {
  const shown = text.length > TITLE_LENGTH_MAX ? text.slice(0, TITLE_LENGTH_MAX) + "…" : text;
  const name = element("bdi", { text: shown });
  if (!/^https?:\/\//i.test(url)) return name;
  return element("a", { href: url, rel: "noreferrer noopener nofollow", "data-key": "feed " + url }, name);
}

const siteLink = (host) =>
  element("a", {
    href: "/v1/sites/" + host.split("/").map(encodeURIComponent).join("/"),
    "data-key": "site " + host,
    text: host,
  });

function failingFeed(feed) {
  const words = [
    feed.ok_at
      ? `last read ${moment(feed.ok_at, now())}`
      : `never read since it was added ${moment(feed.since_at, now())}`,
    counted(feed.error_count, "failure") + " in a row",
    feed.next_check_at > now() ? `next look ${moment(feed.next_check_at, now())}` : "due now",
  ];
  return element(
    "li",
    {},
    element("p", { class: "feed" }, strangerLink(feed.url, feed.title || feed.url)),
    element("p", { class: "note" }, "site ", siteLink(feed.host), " · " + words.join(" · ")),
  );
}

function cause({ outcome, feeds, since_at, meaning, advice, feed_list }, is_open) {
  const head = element(
    "summary",
    { "data-key": "cause " + outcome },
    element("span", { class: "many", text: number(feeds) }),
    element("span", { class: "what", text: outcomeName(outcome) }),
    element("span", { class: "note", text: `the longest since ${moment(since_at, now())}` }),
  );
  const rest = feeds - feed_list.length;
  const part = element(
    "details",
    { "data-key": "cause " + outcome },
    head,
    element("p", {}, `${meaning ?? ""} ${advice ?? ""}`),
    element("ul", { class: "feeds" }, ...feed_list.map(failingFeed)),
    element(
      "p",
      { class: "note" },
      rest > 0 ? `And ${number(rest)} more; all of them: ` : "On the command line: ",
      element("code", { text: "saunter feed list --state active --failing --outcome " + outcome }),
    ),
  );
  part.open = is_open;
  return part;
}

function showFailing({ failing_causes }) {
  const total = failing_causes.reduce((sum, one) => sum + one.feeds, 0);
  at("failing-title").textContent = total
    ? `Failing feeds by cause: ${number(total)}`
    : "Failing feeds by cause";
  at("failing-note").textContent = total
    ? "Of each cause some of the feeds that were not read for longest. A feed that fails is asked again, more and more rarely."
    : "None. Every feed that is asked answers well.";
  show("failing", failing_causes, () => failing_causes.map((one, i) => cause(one, i === 0)));
}

function showReaders({ stats }) {
  const pairs = [
    ["votes that counted", stats.votes],
    ["reports", stats.reports],
    ["reports to review", stats.reports_open],
    ["links kept back", stats.links_withheld],
  ];
  show("readers", pairs, () => cards(pairs));
  at("readers-note").textContent =
    stats.reports_open > 0
      ? "Reports wait: saunter review."
      : "No report waits for review. A report of a dead link is checked and not counted here.";
}

function showBlacklist({ blacklisted_sites }) {
  at("blacklist-scroll").hidden = blacklisted_sites.length === 0;
  at("blacklist-empty").hidden = blacklisted_sites.length > 0;
  const key = JSON.stringify(blacklisted_sites);
  if (state.shown.get("blacklist") === key) return;
  state.shown.set("blacklist", key);
  const when = (time, never) => (time ? moment(time, now()) : never);
  at("blacklist").tBodies[0].replaceChildren(
    ...blacklisted_sites.map((site) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, siteLink(site.host)),
        element("td", { text: site.blacklist_reason ?? "no reason is given" }),
        element("td", { text: when(site.blacklisted_at, "") }),
        element("td", { text: when(site.blacklisted_until_at, "never") }),
      ),
    ),
  );
}

// --- What was done ---

function hoursTable(range) {
  const rows = buckets(state.status, range, now())
    .reverse()
    .map((bar) =>
      element(
        "tr",
        {},
        element("th", { scope: "row", text: bucketName(range, bar) + (bar.is_whole ? "" : ", so far") }),
        ...(bar.sums
          ? CHARTS.map(({ key }) => element("td", { text: number(bar.sums[key]) }))
          : [element("td", { colspan: CHARTS.length, text: "nothing known" })]),
      ),
    );
  const heads = [range.each[0].toUpperCase() + range.each.slice(1), ...CHARTS.map(({ title }) => title)];
  return element(
    "table",
    { class: "done" },
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col", text })))),
    element("tbody", {}, ...rows),
  );
}

function legend(range) {
  const bars = buckets(state.status, range, now());
  const entries = [["so-far", `the ${range.each} that is not over yet`]];
  if (gaps(bars).length) entries.push(["unknown", "nothing is known: no crawler ran, or no records"]);
  if (outagesIn(state.status, bars[0].begin, now()).length)
    entries.push(["outage", "outage: almost no host answered"]);
  return entries.map(([kind, words]) => element("li", { text: words, class: "is-" + kind }));
}

function showHours() {
  const { status } = state;
  const choices = rangesFor(status, now());
  if (!choices.includes(state.range)) state.range = "days2";
  show("ranges", [choices, state.range], () =>
    choices.map((key) => {
      const button = element("button", {
        type: "button",
        text: RANGES[key].name,
        "data-key": key,
        "aria-pressed": String(key === state.range),
      });
      button.addEventListener("click", () => {
        state.range = key;
        showHours();
      });
      return button;
    }),
  );
  const range = RANGES[state.range];
  const bars = buckets(status, range, now());
  const width = at("hours").clientWidth;
  if (width === 0) return; // the tab has no size yet; the observer tells when it has one
  const outages = outagesIn(status, bars[0].begin, now());
  show("hours", [state.range, bars, width, outages.length && status.made_at], () =>
    CHARTS.map((what) => chart(what, status, range, now(), width)),
  );
  show("legend", [state.range, gaps(bars), outages.length], () => legend(range));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const begins = status.activity_begins_at;
  at("hours-note").textContent =
    (range.each === "hour" ? `Times are those of ${zone}.` : `A ${range.each} is one of UTC.`) +
    (begins ? ` The records begin ${moment(begins, now())}.` : " Nothing has been committed yet.");
  if (at("hours-table").open) {
    const part = at("hours-table").querySelector(".scroll");
    const key = JSON.stringify(bars);
    if (state.shown.get("table") !== key) part.replaceChildren(hoursTable(range));
    state.shown.set("table", key);
  }
}

// --- Reading it again ---

function showAll() {
  showNow();
  showAge();
  const { status } = state;
  if (!status) return;
  at("facts").hidden = false;
  for (const part of [showSums, showLinks, showFeeds, showFailing, showReaders, showBlacklist]) part(status);
  showHours();
}

async function read() {
  if (document.hidden) return;
  try {
    const response = await fetch("/v1/status", { cache: "no-cache" });
    const answer = await response.json();
    const said_at = Date.parse(response.headers.get("Date")) / 1000;
    if (said_at) state.skew_s = said_at - Date.now() / 1000;
    if (response.ok) state.status = answer;
    state.problem = response.ok ? null : answer.detail;
    state.failed_at = 0;
  } catch {
    state.failed_at ||= now();
    state.problem =
      `Saunter has not answered since ${moment(state.failed_at, now())}. ` +
      "Look: systemctl status saunter-api";
  }
  showAll();
}

new ResizeObserver(() => {
  if (!state.status || at("hours").clientWidth === state.width) return;
  state.width = at("hours").clientWidth;
  showHours();
}).observe(at("hours"));
at("hours-table").addEventListener("toggle", () => state.status && showHours());
document.addEventListener("visibilitychange", read);
setInterval(read, EVERY_MS);
setInterval(() => document.hidden || showAge(), 1000);
read();
