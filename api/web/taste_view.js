// What the reader wants to meet: language, age, topics, and the sites that are left out.
import { change, read } from "./kept.js";
import { chooseTopic } from "./taste.js";
import { languageOptions } from "./parts.js";
import * as reader from "./reader.js";
import { seconds, tend } from "./service.js";
import { at, element, words } from "./words.js";

const USES = [
  ["never", "not"],
  ["either", ""],
  ["only", "only"],
];

let shown = null; // the choices and the words that stand there now

function choose(fields) {
  change((state) => reader.changeTaste(state, { ...state.taste, ...fields }, seconds()));
  tend();
}

// One of three, each in a word; a group of radio buttons, so that arrows move among them.
function chip(topic) {
  const set = element("fieldset", undefined, topic.group ? "topic inner" : "topic");
  set.dataset.topic = topic.name;
  set.append(element("legend", topic.label));
  for (const [word, use] of USES) {
    const label = element("label", undefined, word);
    const input = element("input");
    Object.assign(input, { type: "radio", name: "topic-" + topic.name, value: use });
    input.id = `topic-${word}-${topic.name}`;
    input.addEventListener("change", () =>
      choose({ topics: chooseTopic(read().taste, topic.name, use).topics }),
    );
    label.append(input, element("span", words(word)));
    set.append(label);
  }
  return set;
}

// A topic without posts gets no chip, unless it is chosen or stands for a group that has some. A group
// is followed by what is in it.
function listed() {
  const { choices, taste } = read();
  const has = (topic) =>
    topic.links > 0 ||
    taste.topics[topic.name] ||
    choices.topics.some((other) => other.group === topic.name && other.links > 0);
  const outer = choices.topics.filter((topic) => !topic.group);
  const inner = (name) => choices.topics.filter((topic) => topic.group === name);
  return outer.flatMap((topic) => [topic, ...inner(topic.name)]).filter(has);
}

function showTopics() {
  const topics = listed();
  const chips = [...at("topics").children];
  if (topics.map((topic) => topic.name).join() !== chips.map((one) => one.dataset.topic).join())
    at("topics").replaceChildren(...topics.map(chip));
  for (const set of at("topics").children) {
    const use = read().taste.topics[set.dataset.topic] ?? "";
    set.classList.toggle("is-only", use === "only");
    set.classList.toggle("is-never", use === "not");
    for (const input of set.querySelectorAll("input")) input.checked = input.value === use;
  }
  at("any-topic").hidden = Object.keys(read().taste.topics).length === 0;
}

function showLanguages() {
  const { choices, taste } = read();
  at("language").replaceChildren(...languageOptions(choices.languages, taste.language));
}

function showLeftOut() {
  const { not_sites } = read().taste;
  at("left-out-part").hidden = not_sites.length === 0;
  at("left-out").replaceChildren(
    ...not_sites.map((site) => {
      const item = element("li");
      const button = element("button", words("let_in"), "quiet");
      button.type = "button";
      button.setAttribute("aria-label", `${words("let_in")}: ${site}`);
      button.addEventListener("click", () => {
        change((state) => reader.letIn(state, site, seconds()));
        at("taste-title").focus();
        tend();
      });
      const name = element("div");
      name.append(element("bdi", site));
      item.append(name, button);
      return item;
    }),
  );
}

export function showTaste() {
  const { choices, taste } = read();
  if (shown?.choices !== choices) showLanguages();
  if (shown?.choices !== choices || shown.topics !== taste.topics) showTopics();
  if (shown?.not_sites !== taste.not_sites) showLeftOut();
  shown = { choices, topics: taste.topics, not_sites: taste.not_sites };
  at("language").value = taste.language;
  at("age").value = String(taste.max_age_days);
  at("to-taste").classList.toggle(
    "chosen",
    Boolean(taste.language || taste.max_age_days || Object.keys(taste.topics).length),
  );
}

export function showTasteAnew() {
  shown = null;
  at("topics").replaceChildren();
}

export function startTaste() {
  at("language").addEventListener("change", () => choose({ language: at("language").value }));
  at("age").addEventListener("change", () => choose({ max_age_days: Number(at("age").value) }));
  at("any-topic").addEventListener("click", () => {
    choose({ topics: {} });
    at("taste-title").focus();
  });
}
