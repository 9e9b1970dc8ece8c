// What a reader sets once: the keys, what a press does, and which service is asked.
import { DEFAULT_SERVICE } from "./built.js";
import { read } from "./store.js";
import { at, element, fillWords, keyOf, order, uiLanguage, words } from "./words.js";

const COMMANDS = ["next", "back", "card"];

async function showKeys() {
  const keys = await Promise.all(COMMANDS.map(keyOf));
  at("keys").replaceChildren(
    ...COMMANDS.flatMap((name, i) => {
      const key = element("dt");
      key.append(element("kbd", keys[i] || words("no_key")));
      return [key, element("dd", words("command_" + name))];
    }),
  );
}

function say(text, kind) {
  at("service-said").textContent = text;
  at("service-said").className = "said " + kind;
  at("service-said").hidden = false;
}

async function useService() {
  const said = await order("service", { address: at("service").value || DEFAULT_SERVICE });
  if (!said) return say(words("service_wrong"), "problem");
  at("service").value = (await read()).service || DEFAULT_SERVICE;
  if (said.status === 200 && Number.isFinite(said.links)) {
    const number = (value) => Number(value).toLocaleString(uiLanguage());
    return say(words("service_good", number(said.links), number(said.sites)), "");
  }
  return say(words(said.status === 0 ? "service_silent" : "service_strange"), "problem");
}

async function start() {
  fillWords();
  const state = await read();
  for (const name of ["button", "opens_in"]) {
    for (const input of document.getElementsByName(name)) {
      input.checked = input.value === state[name];
      input.addEventListener("change", () => order(name, { value: input.value }));
    }
  }
  at("service").value = state.service || DEFAULT_SERVICE;
  at("service-form").addEventListener("submit", (event) => {
    event.preventDefault();
    useService();
  });
  await showKeys();
}

start();
