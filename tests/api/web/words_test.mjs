import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";

const WEB = process.env.SAUNTER_TREE + "/api/web/";
const LOCALES = process.env.SAUNTER_TREE + "/api/extension/_locales/";
const json = (path) => JSON.parse(fs.readFileSync(path, "utf8"));
const languages = fs
  .readdirSync(WEB + "words")
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -5));
const borrowed = fs.readFileSync(WEB + "words/borrowed.txt", "utf8").split(/\s+/).filter(Boolean);
const english = json(WEB + "words/en.json");
const places = (text) => [...text.matchAll(/\$\d/g)].map(String).sort();

test("the page speaks the languages that the extension speaks", () => {
  const theirs = fs.readdirSync(LOCALES).map((name) => name.replace("_", "-"));
  assert.deepEqual([...languages].sort(), theirs.sort());
});

test("each language has every word, with the same places for values", () => {
  for (const language of languages) {
    const words = json(`${WEB}words/${language}.json`);
    assert.deepEqual(Object.keys(words), Object.keys(english), language);
    for (const [key, text] of Object.entries(words)) {
      assert.ok(text.trim(), `${language}: ${key}`);
      assert.deepEqual(places(text), places(english[key]), `${language}: ${key}`);
    }
    const theirs = json(`${LOCALES}${language.replace("-", "_")}/messages.json`);
    for (const key of borrowed) assert.ok(theirs[key]?.message, `${language}: ${key}`);
  }
});

test("what page and modules ask for by a plain name is there, and nothing is carried in vain", () => {
  const held = new Set([...borrowed, ...Object.keys(english)]);
  const page = fs.readFileSync(WEB + "page.html", "utf8");
  const asked = new Set([...page.matchAll(/data-(?:words|label|placeholder)="(\w+)"/g)].map((m) => m[1]));
  for (const [, key] of page.matchAll(/@(\w+)@/g)) if (held.has(key)) asked.add(key);
  const modules = fs.readdirSync(WEB).filter((name) => name.endsWith(".js"));
  const text = modules.map((name) => fs.readFileSync(WEB + name, "utf8")).join("\n");
  for (const [, key] of text.matchAll(/\bwords\("(\w+)"[,)]/g)) asked.add(key);
  for (const key of asked) assert.ok(held.has(key), key);
  // Names that are put together, such as problem_…, or stand in a list.
  const composed = /^(problem|kind|up|down|topic)_|_empty$|^not_ready$/;
  for (const key of held)
    assert.ok(asked.has(key) || composed.test(key) || text.includes(`"${key}"`), `nobody asks for ${key}`);
});
