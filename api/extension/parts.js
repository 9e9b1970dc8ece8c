// Parts that the card and the page build alike.
import { REPORT_KINDS } from "./outbox.js";
import { element, languageName, picture, words } from "./words.js";

const CROSS = "M6 6l12 12M18 6L6 18";

// A button with a cross. `label` says what it does.
export function crossButton(label, onPress) {
  const button = element("button", undefined, "plain");
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.append(picture(CROSS));
  button.addEventListener("click", onPress);
  return button;
}

export function reportKinds() {
  return REPORT_KINDS.map((kind) => {
    const label = element("label", undefined, "choice");
    const input = element("input");
    Object.assign(input, { type: "radio", name: "kind", value: kind, required: true });
    label.append(input, words("kind_" + kind));
    return label;
  });
}

// Any language, then those that there are and the one that is chosen, by their own names.
export function languageOptions(tags, chosen) {
  const named = [...new Set(chosen ? [...tags, chosen] : tags)]
    .map((tag) => [languageName(tag, tag), tag])
    .sort(([one], [other]) => one.localeCompare(other));
  return [
    new Option(words("any_language"), ""),
    ...named.map(([name, tag]) => {
      const option = new Option(name, tag);
      option.lang = tag;
      return option;
    }),
  ];
}
