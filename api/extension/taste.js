// What a reader wants to meet: language, age, topics, and sites to leave out. Pure; `now` is in
// Unix seconds.

const DAY_S = 86400;
// As many as the service takes in one request. The others are left out here.
export const NOT_SITES_SENT_MAX = 50;
const NOT_SITES_MAX = 500;

export const ANY_TASTE = Object.freeze({
  language: "", // a primary tag such as "de"; empty: any
  max_age_days: 0, // 0: any age
  topics: Object.freeze({}), // name → "only" or "not"
  not_sites: Object.freeze([]), // the latest first
});

const named = (taste, use) =>
  Object.keys(taste.topics)
    .filter((name) => taste.topics[name] === use)
    .sort();

// The parameters of /v1/random that say this taste, as pairs. An older service does not know
// not_site.
export function tasteParameters(taste, takesNotSite) {
  const pairs = [];
  if (taste.language) pairs.push(["language", taste.language]);
  if (taste.max_age_days) pairs.push(["max_age_days", String(taste.max_age_days)]);
  if (named(taste, "only").length) pairs.push(["category", named(taste, "only").join(",")]);
  if (named(taste, "not").length) pairs.push(["not_category", named(taste, "not").join(",")]);
  if (takesNotSite && taste.not_sites.length) {
    pairs.push(["not_site", taste.not_sites.slice(0, NOT_SITES_SENT_MAX).join(",")]);
  }
  return pairs;
}

export function chooseTopic(taste, name, use) {
  const topics = { ...taste.topics };
  if (use === "only" || use === "not") topics[name] = use;
  else delete topics[name];
  return { ...taste, topics };
}

export function leaveOutSite(taste, site) {
  const others = taste.not_sites.filter((other) => other !== site);
  return { ...taste, not_sites: [site, ...others].slice(0, NOT_SITES_MAX) };
}

export function takeBackSite(taste, site) {
  return { ...taste, not_sites: taste.not_sites.filter((other) => other !== site) };
}

export const isLeftOut = (taste, site) => taste.not_sites.includes(site);

// Whether a post that was fetched for another taste fits this one. groups: topic → the group it
// belongs to, as far as the service has said. What a post does not say of itself does not fit.
export function fits(link, taste, groups, now) {
  if (isLeftOut(taste, link.site)) return false;
  if (taste.language && (link.language ?? "").split("-")[0].toLowerCase() !== taste.language)
    return false;
  if (taste.max_age_days && !(link.published_at >= now - taste.max_age_days * DAY_S)) return false;
  const names = new Set(link.topics.flatMap((name) => [name, groups[name] ?? name]));
  if (named(taste, "not").some((name) => names.has(name))) return false;
  const only = named(taste, "only");
  return only.length === 0 || only.some((name) => names.has(name));
}
