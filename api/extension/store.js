// The browser's storage as one state. It is the only memory: a worker that dies loses nothing.
//
// Only the worker changes it, one change after the other; pages read it and listen.
import { api } from "./browser.js";
import { FRESH } from "./reader.js";

// What belongs to tabs ends with the browser.
const SESSION = ["trails"];
const LOCAL = Object.keys(FRESH).filter((name) => !SESSION.includes(name));

export async function read() {
  const [local, session] = await Promise.all([
    api.storage.local.get(LOCAL),
    api.storage.session.get(SESSION),
  ]);
  return { ...FRESH, ...local, ...session };
}

const changed = (names, before, after) =>
  Object.fromEntries(
    names.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]),
  );

let last = Promise.resolve(); // the change before: an order, not a memory

// Runs step(state) → {state, …} and keeps its state; returns all that it returned.
export function change(step) {
  const done = last.then(async () => {
    const before = await read();
    const said = step(before);
    const local = changed(LOCAL, before, said.state);
    const session = changed(SESSION, before, said.state);
    if (Object.keys(local).length) await api.storage.local.set(local);
    if (Object.keys(session).length) await api.storage.session.set(session);
    return said;
  });
  last = done.catch(() => {});
  return done;
}
