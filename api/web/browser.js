// What the extension's modules want of their browser.js, as a page has it: words, and nothing else.

let spoken = { tag: "en" };

// `table` is a module of words: key → text, in which $1, $2, … stand for values.
export function speak(table) {
  spoken = table;
}

export const api = {
  i18n: {
    getMessage: (key, values = []) =>
      (spoken[key] ?? key).replace(/\$(\d)/g, (_, place) => values[place - 1] ?? ""),
    getUILanguage: () => spoken.tag,
  },
};
