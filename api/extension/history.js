// Where a reader has been, what they saved, and the way of each tab through it. Pure.

const PAST_MAX = 200;
export const SAVED_MAX = 1000;
const TRAIL_MAX = 50;

// Puts a post on top of the past. What was said of it earlier stays said.
export function visit(past, link, now) {
  const earlier = past.find((other) => other.url === link.url);
  const others = past.filter((other) => other.url !== link.url);
  return [{ vote: "", report: "", ...earlier, ...link, visited_at: now }, ...others].slice(
    0,
    PAST_MAX,
  );
}

// Changes what is known of one post.
export function note(past, url, fields) {
  return past.map((link) => (link.url === url ? { ...link, ...fields } : link));
}

export const isSaved = (saved, url) => saved.some((link) => link.url === url);

// A full list stays as it is: nothing that a reader saved is dropped.
export function save(saved, link, now) {
  if (isSaved(saved, link.url) || saved.length >= SAVED_MAX) return saved;
  const { url, title, site, site_title, feed_url, language } = link;
  return [{ url, title, site, site_title, feed_url, language, saved_at: now }, ...saved];
}

export const dropSaved = (saved, url) => saved.filter((link) => link.url !== url);

// Those that hold every word of the search, in any case.
export function search(links, text) {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return links.filter((link) => {
    const held = [link.title, link.site, link.site_title, link.url].join(" ").toLocaleLowerCase();
    return words.every((word) => held.includes(word));
  });
}

// --- A trail: the posts that one tab showed, the latest last, and which of them it shows now. ---

export const NO_TRAIL = Object.freeze({ urls: Object.freeze([]), place: -1 });

export const shownBy = (trail) => trail?.urls[trail.place] ?? null;

// A new post ends what lay ahead on the trail.
export function goTo(trail, url) {
  const urls = [...trail.urls.slice(0, trail.place + 1), url].slice(-TRAIL_MAX);
  return { urls, place: urls.length - 1 };
}

// One step along the trail, or null at its end.
export function step(trail, by) {
  const place = trail.place + by;
  return trail.urls[place] === undefined ? null : { ...trail, place };
}
