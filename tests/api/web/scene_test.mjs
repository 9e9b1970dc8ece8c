import assert from "node:assert/strict";
import test from "node:test";
import { MOODS, sceneOf } from "./scene.js";

const NAMES = Array.from({ length: 500 }, (_, i) => `blog${i}.example`);

test("a site is the same place each time, and two sites are two places", () => {
  assert.deepEqual(sceneOf("ann.example"), sceneOf("ann.example"));
  assert.equal(new Set(NAMES.map((name) => JSON.stringify(sceneOf(name)))).size, NAMES.length);
});

test("every kind of light is there, and no other", () => {
  const moods = new Set(NAMES.map((name) => sceneOf(name).mood));
  assert.deepEqual([...moods].sort(), Array.from({ length: MOODS }, (_, i) => i));
});

test("whatever a site is called, the place is one of numbers", () => {
  for (const name of ["", "夜.example", "\ud800", "a".repeat(5000), ...NAMES]) {
    const scene = sceneOf(name);
    for (const part of ["far", "mid", "near", "path", "trees", "house", "lamp", "birds"])
      assert.match(scene[part], /^[MVCShlvqz0-9 .-]*$/, `${name}: ${part}`);
    assert.ok(scene.sun.x > 0 && scene.sun.x < 800 && scene.sun.y < 240);
    assert.ok(scene.far && scene.mid && scene.near && scene.path && scene.trees);
  }
});
