// A reader's saved posts as files for other programs. Pure. Titles come from strangers: all text is
// escaped, and only addresses of the web are written.
import { isWeb } from "./address.js";

// XML 1.0, 2.2: control characters cannot be written at all.
const text = (value) =>
  String(value ?? "")
    .replace(/[^\P{Cc}\t]|[\uFFFE\uFFFF]|\p{Cs}/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

// The form that Netscape's bookmarks had, which every browser reads.
export function bookmarksHtml(links, title) {
  const rows = links
    .filter((link) => isWeb(link.url))
    .map(
      (link) =>
        `    <DT><A HREF="${text(link.url)}" ADD_DATE="${Math.floor(link.saved_at) || 0}">` +
        `${text(link.title || link.url)}</A>\n`,
    );
  return (
    "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n" +
    '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n' +
    `<TITLE>${text(title)}</TITLE>\n<H1>${text(title)}</H1>\n<DL><p>\n` +
    `  <DT><H3>${text(title)}</H3>\n  <DL><p>\n${rows.join("")}  </DL><p>\n</DL><p>\n`
  );
}

// OPML 2.0: the feeds of the sites that were saved from, each once; a post whose feed is not known
// stands as a link.
export function feedsOpml(links, title) {
  const seen = new Set();
  const rows = [];
  for (const link of links.filter((one) => isWeb(one.url))) {
    const hasFeed = Boolean(link.feed_url) && isWeb(link.feed_url);
    const address = hasFeed ? link.feed_url : link.url;
    if (seen.has(address)) continue;
    seen.add(address);
    const name = text(hasFeed ? link.site_title || link.site : link.title || link.url);
    const rest = hasFeed
      ? `type="rss" xmlUrl="${text(address)}" htmlUrl="${text(new URL(link.url).origin)}/"`
      : `type="link" url="${text(address)}"`;
    rows.push(`    <outline text="${name}" ${rest}/>\n`);
  }
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n' +
    `  <head><title>${text(title)}</title></head>\n  <body>\n${rows.join("")}  </body>\n</opml>\n`
  );
}
