// Single keys, and the list of them. A reader who cannot use them turns them off there (WCAG 2.2,
// 2.1.4).
import { change, read } from "./kept.js";
import { at, element, words } from "./words.js";

// Key → what it presses, and the words for it.
const KEYS = {
  g: ["go", "go"],
  n: ["another", "another"],
  b: ["back", "back"],
  s: ["save", "save"],
  x: ["leave-out", "leave_out"],
  u: ["up", "up"],
  d: ["down", "down"],
  r: ["report", "report"],
  1: ["to-post", "tab_post"],
  2: ["to-past", "tab_past"],
  3: ["to-saved", "tab_saved"],
  4: ["to-taste", "tab_taste"],
  "?": ["help", "key_help"],
};

export function showKeys() {
  at("key-list").replaceChildren(
    ...Object.entries(KEYS).flatMap(([key, [, word]]) => {
      const term = element("dt");
      term.append(element("kbd", key));
      return [term, element("dd", words(word))];
    }),
  );
  at("keys-on").checked = read().keys;
}

function open() {
  showKeys();
  at("keys").showModal();
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!Object.hasOwn(KEYS, event.key) || at("keys").open) return;
  if (event.key !== "?" && !read().keys) return;
  // A field takes its letters itself, and so does a list.
  if (event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select")) return;
  const part = at(KEYS[event.key][0]);
  if (part.disabled || part.checkVisibility?.() === false) return;
  event.preventDefault();
  part.click();
}

export function startKeys() {
  at("help").hidden = false;
  at("help").addEventListener("click", open);
  at("keys-on").addEventListener("change", () =>
    change((state) => ({ ...state, keys: at("keys-on").checked })),
  );
  at("keys").addEventListener("click", (event) => {
    if (event.target === at("keys")) at("keys").close(); // beside the list
  });
  addEventListener("keydown", press);
}
