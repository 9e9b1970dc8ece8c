// The card's taste: language, age, topics, and the sites that are left out.
import { languageOptions } from "./parts.js";
import { at, element, order, picture, words } from "./words.js";

const TICK = "M5 12.5l4.5 4.5L19 7.5";
const CROSS = "M6 6l12 12M18 6L6 18";

let taste;
let shown = ""; // what stands there now: nothing is built anew under a reader's finger

// One side of a topic: pressed, it is the choice; pressed again, there is none. What counts is how it
// looks to the reader who presses it.
function side(topic, use, path) {
  const button = element("button", undefined, use === "not" ? "never" : "only");
  button.type = "button";
  button.id = `topic-${use}-${topic.name}`;
  button.title = words("topic_" + use, topic.label);
  button.setAttribute("aria-label", words("topic_" + use, topic.label));
  button.append(picture(path));
  button.addEventListener("click", () => {
    const chosen = button.getAttribute("aria-pressed") === "true" ? "" : use;
    order("topic", { name: topic.name, use: chosen });
  });
  return button;
}

function chip(topic) {
  const item = element("li");
  item.dataset.topic = topic.name;
  item.append(
    side(topic, "only", TICK),
    element("span", topic.label, "topic-name"),
    side(topic, "not", CROSS),
  );
  return item;
}

function showTopics(state) {
  // A topic without posts gets no chip, unless it is chosen or stands for a group that has some.
  const { topics } = state.choices;
  const has = (topic) =>
    topic.links > 0 ||
    taste.topics[topic.name] ||
    topics.some((other) => other.group === topic.name && other.links > 0);
  const listed = topics.filter(has);
  const chips = [...at("topics").children];
  // Chips are changed in place where they can be: none goes away under a reader's finger.
  if (listed.map((topic) => topic.name).join() !== chips.map((item) => item.dataset.topic).join()) {
    at("topics").replaceChildren(...listed.map(chip));
  }
  for (const item of at("topics").children) {
    const use = taste.topics[item.dataset.topic] ?? "";
    item.className = "topic " + use;
    item.querySelector(".only").setAttribute("aria-pressed", String(use === "only"));
    item.querySelector(".never").setAttribute("aria-pressed", String(use === "not"));
  }
}

function showLanguages(state) {
  at("language").replaceChildren(...languageOptions(state.choices.languages, taste.language));
  at("language").value = taste.language;
}

function showLeftOut() {
  at("left-out-part").hidden = taste.not_sites.length === 0;
  at("left-out").replaceChildren(
    ...taste.not_sites.map((site) => {
      const item = element("li");
      const button = element("button", words("let_in"));
      button.type = "button";
      button.setAttribute("aria-label", `${words("let_in")}: ${site}`);
      button.addEventListener("click", async () => {
        await order("let_in", { site });
        at("tab-taste").focus();
      });
      item.append(element("div", site), button);
      return item;
    }),
  );
}

export function showTaste(state) {
  taste = state.taste;
  const now = JSON.stringify([state.taste, state.choices]);
  if (now === shown) return;
  shown = now;
  showTopics(state);
  showLanguages(state);
  at("age").value = String(taste.max_age_days);
  showLeftOut();
}

export function startTaste() {
  at("language").addEventListener("change", () =>
    order("taste", { taste: { language: at("language").value } }),
  );
  at("age").addEventListener("change", () =>
    order("taste", { taste: { max_age_days: Number(at("age").value) } }),
  );
}
