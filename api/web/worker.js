"use strict";
// Lets the page open without a network: its files, and the page itself as it was last met.
//
// The page is always asked of the network first, and what it loads has the version in its address: an
// old worker can neither keep a new page away nor mix two versions. Only GET of the page and of its
// files is touched; votes, reports and posts go past.
const VERSION = "@hash@";
const CACHE = "saunter-" + VERSION;
const ASSETS = `/assets/${VERSION}/`;
const FILES = [
  ..."@modules@".split(" ").map((name) => ASSETS + name),
  ASSETS + "look.css",
  ASSETS + "page.css",
  ASSETS + "early.js",
  "/icon.svg",
  "/manifest.webmanifest",
];
const PATIENCE_MS = 5000; // then the kept page is better than none

async function keepAll() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  const page = await fetch("/", { cache: "reload" });
  const text = await page.clone().text();
  // While a service is renewed machine by machine, the page may be of another version than this.
  if (!page.ok || !text.includes(ASSETS)) throw new Error("the page is of another version, or not there");
  const words = text.match(/\/assets\/\w+\/words-[\w-]+\.js/);
  if (words) await cache.add(words[0]);
  await cache.put("/", new Response(text, { headers: page.headers }));
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(
    names
      .filter((name) => name.startsWith("saunter-") && name !== CACHE)
      .map((name) => caches.delete(name)),
  );
  await self.clients.claim();
}

async function page(request) {
  const kept = async () => (await caches.open(CACHE)).match("/");
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status < 500) return answer;
    return (await kept()) ?? answer;
  } catch (error) {
    const answer = await kept();
    if (answer) return answer;
    throw error;
  }
}

async function file(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? fetch(request);
}

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/") event.respondWith(page(request));
  } else if (url.pathname.startsWith(ASSETS) || url.pathname === "/icon.svg") {
    event.respondWith(file(request));
  }
});
