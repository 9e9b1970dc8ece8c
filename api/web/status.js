"use strict";
// Shows /v1/stats and /v1/status, and reads them again every ten seconds while the page is visible.

const EVERY_MS = 10000;
const HOURS_SHOWN = 72;

const at = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString();

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function ago(seconds) {
  if (!seconds) return "never";
  const gone = Math.max(0, Math.round(Date.now() / 1000 - seconds));
  if (gone < 120) return gone + " s ago";
  if (gone < 7200) return Math.round(gone / 60) + " min ago";
  if (gone < 172800) return Math.round(gone / 3600) + " h ago";
  return Math.round(gone / 86400) + " days ago";
}

const day = (seconds) => seconds ? new Date(seconds * 1000).toLocaleDateString() : "never";

function crawlerWords(stats) {
  const crawler = stats.crawler;
  if (!crawler) return ["bad", "No crawler has run on this database yet."];
  if (crawler.problem) return ["bad", "The crawler has a problem: " + crawler.problem];
  if (crawler.outage_at) return ["bad", "The crawler cannot reach any host. This began " + ago(crawler.outage_at) + "."];
  if (crawler.stopped_at) return ["bad", "The crawler was stopped " + ago(crawler.stopped_at) + "."];
  return ["good", "The crawler is at work: " + number(crawler.in_flight) + " in flight, " +
    number(crawler.feeds_due) + " feeds due, the last feed was read " + ago(crawler.fetch_ok_at) + "."];
}

function showNow(stats, status) {
  const [kind, words] = crawlerWords(stats);
  at("now").className = "now " + kind;
  at("now").textContent = words + " The last commit was " + ago(stats.last_batch_at) + "." +
    (status.topics_problem ? " The list of topics has a mistake: " + status.topics_problem : "");
}

function showSums(stats) {
  const sums = [
    ["links to serve", stats.links_in_pool], ["links known", stats.links],
    ["sites", stats.sites], ["sites blacklisted", stats.sites_blacklisted],
    ["feeds", stats.feeds], ["feeds failing", stats.feeds_failing],
    ["feeds never fetched", stats.feeds_never_fetched], ["feeds gone", stats.feeds_gone],
    ["feeds paused", stats.feeds_paused],
  ];
  at("sums").replaceChildren(...sums.map(([name, value]) => {
    const pair = element("div");
    pair.append(element("dt", name), element("dd", number(value)));
    return pair;
  }));
}

// Rows of a name, a bar and a number. The bar adds nothing that the number does not say.
function showBars(id, rows) {
  const most = Math.max(1, ...rows.map(([, value]) => value));
  at(id).replaceChildren(...rows.map(([name, value, kind]) => {
    const row = element("div", undefined, "bar");
    const track = element("span", undefined, "track");
    track.setAttribute("aria-hidden", "true");
    const fill = element("span", undefined, "fill " + (kind ?? ""));
    fill.style.width = (100 * value) / most + "%";
    track.append(fill);
    row.append(element("span", name), track, element("span", number(value), "count"));
    return row;
  }));
}

function chart(title, hours, key) {
  const NS = "http://www.w3.org/2000/svg";
  const width = 600;
  const height = 90;
  const most = Math.max(1, ...hours.map((hour) => hour[key]));
  const total = hours.reduce((sum, hour) => sum + hour[key], 0);
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none"); // as wide as the page, the last hour at its edge
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${title}: ${number(total)} in all, ${number(most)} in the busiest hour`);
  const step = width / HOURS_SHOWN;
  hours.forEach((hour, i) => {
    const tall = (hour[key] / most) * (height - 4);
    const bar = document.createElementNS(NS, "rect");
    bar.setAttribute("x", i * step + 0.5);
    bar.setAttribute("width", Math.max(1, step - 1));
    bar.setAttribute("y", height - tall);
    bar.setAttribute("height", tall);
    const tip = document.createElementNS(NS, "title");
    tip.textContent = new Date(hour.hour_at * 1000).toLocaleString() + ": " + number(hour[key]);
    bar.append(tip);
    svg.append(bar);
  });
  const figure = element("figure");
  figure.append(element("figcaption", `${title}: ${number(total)}`), svg);
  return figure;
}

function showHours(status) {
  const known = new Map(status.hours.map((hour) => [hour.hour_at, hour]));
  const now = Math.floor(Date.now() / 3600000) * 3600;
  const hours = [];
  for (let i = HOURS_SHOWN - 1; i >= 0; --i) {
    const hour_at = now - i * 3600;
    hours.push(known.get(hour_at) ?? { hour_at, crawls: 0, probes: 0, links_new: 0 });
  }
  at("hours").replaceChildren(
    chart("Feeds fetched", hours, "crawls"),
    chart("Links probed", hours, "probes"),
    chart("Links found", hours, "links_new"));
  at("hours-note").textContent = status.hours.length
    ? "The last three days. The records begin " + ago(status.hours[0].hour_at) + "."
    : "Nothing has been committed yet.";
}

function showBlacklist(sites) {
  at("blacklist").hidden = sites.length === 0;
  at("blacklist-empty").hidden = sites.length > 0;
  at("blacklist").tBodies[0].replaceChildren(...sites.map((site) => {
    const row = element("tr");
    const host = element("th", site.host);
    host.scope = "row";
    row.append(host, element("td", site.blacklist_reason ?? ""),
      element("td", ago(site.blacklisted_at)), element("td", day(site.blacklisted_until_at)));
    return row;
  }));
}

async function read(path) {
  const response = await fetch(path);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

async function show() {
  if (document.hidden) return;
  try {
    const [stats, status] = await Promise.all([read("/v1/stats"), read("/v1/status")]);
    showNow(stats, status);
    showSums(stats);
    showBars("links", [
      ["alive", stats.links_alive, "good"], ["not yet checked", stats.links_unchecked],
      ["could not be judged", stats.links_unknown], ["doubtful", stats.links_doubtful, "warn"],
      ["dead", stats.links_dead, "bad"],
    ]);
    showBars("outcomes", status.feeds_by_outcome.map((row) => [row.outcome.replaceAll("_", " "), row.feeds,
      ["ok", "not_modified"].includes(row.outcome) ? "good" : "warn"]));
    showHours(status);
    showBlacklist(status.blacklisted_sites);
  } catch (error) {
    at("now").className = "now bad";
    at("now").textContent = error instanceof TypeError
      ? "Saunter cannot be reached at the moment. This page keeps trying." : error.message;
  }
}

show();
setInterval(show, EVERY_MS);
document.addEventListener("visibilitychange", show);
