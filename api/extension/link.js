// A link as it is kept: the fields of /v1/random that a reader sees, each with a limit, so that no
// service can fill the browser's storage. Pure.
import { isWeb } from "./address.js";

const TITLE_LENGTH_MAX = 300;
const SUMMARY_LENGTH_MAX = 600;
const NAME_LENGTH_MAX = 200;
const URL_LENGTH_MAX = 2000;
const RECEIPT_LENGTH_MAX = 1500;
const TOPICS_MAX = 8;

// Cut between code points, never inside one.
function clip(value, length_max) {
  if (typeof value !== "string") return "";
  return value.length <= length_max ? value : Array.from(value).slice(0, length_max).join("") + "…";
}

const isAddress = (text) =>
  typeof text === "string" && text.length <= URL_LENGTH_MAX && isWeb(text);

// Null: nothing that one could open.
export function keptLink(link, now) {
  if (!link || !isAddress(link.url)) return null;
  const isReceipt = typeof link.receipt === "string" && link.receipt.length <= RECEIPT_LENGTH_MAX;
  return {
    url: link.url,
    title: clip(link.title, TITLE_LENGTH_MAX),
    site: clip(link.site, NAME_LENGTH_MAX),
    site_title: clip(link.site_title, NAME_LENGTH_MAX),
    feed_url: isAddress(link.feed_url) ? link.feed_url : "",
    author: clip(link.author, NAME_LENGTH_MAX),
    published_at: Number.isFinite(link.published_at) ? link.published_at : null,
    language: clip(link.language, NAME_LENGTH_MAX),
    topics: (Array.isArray(link.topics) ? link.topics : [])
      .slice(0, TOPICS_MAX)
      .map((name) => clip(name, NAME_LENGTH_MAX)),
    summary: clip(link.summary, SUMMARY_LENGTH_MAX),
    receipt: isReceipt ? link.receipt : "",
    fetched_at: now,
  };
}
