import assert from "node:assert/strict";
import test from "node:test";
import { bookmarksHtml, feedsOpml } from "./export.js";

const HOSTILE = {
  url: "https://a.example/?a=1&b=\"><script>",
  title: "</A><script>alert(1)</script>\u0000\u001b & \"more\"",
  site: "a.example",
  site_title: "<b>A</b>",
  feed_url: "https://a.example/feed?x=1&y=2",
  saved_at: 1700000000,
};

test("bookmarks are in Netscape's form, and hold no markup of a stranger", () => {
  const html = bookmarksHtml([HOSTILE], "Saunter");
  assert.match(html, /^<!DOCTYPE NETSCAPE-Bookmark-file-1>\n/);
  assert.match(html, /ADD_DATE="1700000000"/);
  assert.ok(!html.includes("<script>"));
  assert.ok(html.includes('HREF="https://a.example/?a=1&amp;b=&quot;&gt;&lt;script&gt;"'));
  // eslint-disable-next-line no-control-regex
  assert.ok(!/[\u0000-\u0008\u000b-\u001f]/.test(html.replaceAll("\n", "")));
});

test("nothing but addresses of the web is written", () => {
  const links = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"].map((url) => ({
    ...HOSTILE,
    url,
    feed_url: url,
  }));
  assert.ok(!bookmarksHtml(links, "Saunter").includes("HREF"));
  assert.ok(!feedsOpml(links, "Saunter").includes("<outline"));
  const half = feedsOpml([{ ...HOSTILE, feed_url: "javascript:alert(1)" }], "Saunter");
  assert.ok(!half.includes("javascript:"));
});

test("a feed that several posts come from stands once, by its site's name", () => {
  const opml = feedsOpml([HOSTILE, { ...HOSTILE, url: "https://a.example/2" }], "Saunter");
  assert.equal(opml.match(/<outline /g).length, 1);
  assert.ok(opml.includes('text="&lt;b&gt;A&lt;/b&gt;" type="rss"'));
  assert.ok(opml.includes('xmlUrl="https://a.example/feed?x=1&amp;y=2"'));
  assert.ok(opml.includes('htmlUrl="https://a.example/"'));
});

test("a post whose feed is not known stands as a link", () => {
  const opml = feedsOpml([{ ...HOSTILE, feed_url: "" }], "Saunter");
  assert.ok(opml.includes('type="link" url="https://a.example/?a=1&amp;b=&quot;'));
});

test("half a surrogate pair is no character of a file", () => {
  assert.ok(!/\ud800/.test(bookmarksHtml([{ ...HOSTILE, title: "a\ud800b" }], "Saunter")));
  assert.ok(bookmarksHtml([{ ...HOSTILE, title: "😀" }], "Saunter").includes("😀"));
});
