// A client as somebody else would write it: its types come from the contract, so that it compiles
// only while the contract says what it uses, and it asks the running service.
//
// client.js ADDRESS: ends with 1 and a line at the first thing that is not so.
import createClient from "openapi-fetch";
import type {components, paths} from "./contract.js";

type Link = components["schemas"]["Link"];

const address = process.argv[2] ?? "";
// Of the forms that an answer may have: JSON, and what is read as text.
const client = createClient<paths, `application/${string}json`>({baseUrl: address});
const reader = createClient<paths>({baseUrl: address});

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

// Every link once, in the walk's order.
async function walk(): Promise<Map<number, Link>> {
  const seen = new Map<number, Link>();
  let token: string | undefined;
  for (let step = 0; step < 100; ++step) {
    const {data, error} = await client.GET("/v1/random", {
      params: {query: {count: 5, ...(token === undefined ? {} : {walk: token})}},
    });
    check(data !== undefined, `a walk goes on, but: ${error?.detail}`);
    for (const link of data.links) {
      check(typeof link.id === "number" && !seen.has(link.id), "no link comes twice");
      seen.set(link.id, link);
    }
    token = data.walk;
    if (data.walk_complete) return seen;
  }
  throw new Error("a walk ends");
}

async function links(): Promise<void> {
  const seen = await walk();
  check(seen.size === 60, `the walk met ${seen.size} links`);
  for (const [id, link] of [...seen].slice(0, 3)) {
    const {data, response} = await client.GET("/v1/links/{id}", {params: {path: {id}}});
    check(data?.url === link.url && data?.feed_url === link.feed_url, "a link is the same alone");
    const etag = response.headers.get("ETag");
    check(etag !== null, "a record has a tag");
    const again = await fetch(response.url, {headers: {"If-None-Match": etag}});
    check(again.status === 304, "the tag is known again");
  }
  const some = await client.GET("/v1/random", {params: {query: {fields: "url,summary"}}});
  check(Object.keys(some.data?.links[0] ?? {}).sort().join() === "summary,url", "only some fields");
  const lines = await reader.GET("/v1/random", {
    params: {query: {count: 2}},
    headers: {Accept: "text/plain"},
    parseAs: "text",
  });
  check(typeof lines.data === "string" && lines.data.trim().split("\n").length === 2, "two lines");
  check(lines.response.headers.get("X-Walk") !== null, "the token of a text is in a header");
}

async function problems(): Promise<void> {
  const wrong = await client.GET("/v1/random", {params: {query: {count: 51}}});
  check(wrong.response.status === 400 && (wrong.error?.detail.includes("count") ?? false), "400");
  const none = await client.GET("/v1/random", {params: {query: {category: "foood"}}});
  check(none.response.status === 404 && none.error !== undefined, "404");
  check(none.error?.detail.includes('"food"'), "a near name is named");
}

async function catalogue(): Promise<void> {
  const hosts: string[] = [];
  let after: string | null | undefined;
  do {
    const {data} = await client.GET("/v1/sites", {
      params: {query: {count: 4, language: "en-GB", ...(after ? {after} : {})}},
    });
    check(data !== undefined, "sites are listed");
    for (const site of data.sites) {
      hosts.push(site.host);
      check((site.feed_list[0]?.url ?? "").startsWith("https://"), "a site's feed has an address");
    }
    after = data.next;
  } while (after);
  check(hosts.length > 4 && new Set(hosts).size === hosts.length, "pages do not overlap");
  const host = hosts[0] ?? "";
  const {data: site} = await client.GET("/v1/sites/{site}", {params: {path: {site: host}}});
  check(site?.host === host && site.feed_list.length === site.feeds, "a site alone");
  const {data: words} = await client.GET("/v1/categories");
  check((words?.topics.length ?? 0) > 0 && (words?.categories.length ?? 0) > 0, "words");
  const {data: languages} = await client.GET("/v1/languages");
  check(languages?.languages.some((row) => row.language === "en") ?? false, "languages");
}

async function feeds(): Promise<void> {
  const {data: atom} = await reader.GET("/v1/recent.atom", {
    params: {query: {count: 3, language: "en"}},
    parseAs: "text",
  });
  check((atom ?? "").split("<entry>").length === 4, "three entries");
  const {data: opml} = await reader.GET("/v1/feeds.opml", {parseAs: "text"});
  check((opml ?? "").includes("xmlUrl="), "the list of feeds");
}

async function service(): Promise<void> {
  const {data: ready} = await client.GET("/readyz");
  check(ready?.status === "ready" && ready.links === 60, "ready");
  const {data: stats} = await client.GET("/v1/stats");
  check(stats?.links_in_pool === 60, "counts");
  const {data: status} = await client.GET("/v1/status");
  check(Array.isArray(status?.hours), "hours");
}

// There is no crawler here to write it down.
async function voices(): Promise<void> {
  const {data} = await client.GET("/v1/random");
  const receipt = data?.links[0]?.receipt;
  check(receipt !== undefined, "a link carries a receipt");
  const {error, response} = await client.POST("/v1/votes", {body: {receipt, vote: "up"}});
  check(response.status === 503 && error?.reason === "crawler_away", "try again");
  check(Number(response.headers.get("Retry-After")) > 0, "when to try again");
}

for (const part of [links, problems, catalogue, feeds, service, voices]) {
  await part();
  console.log(`ok: ${part.name}`);
}
