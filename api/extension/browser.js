// What differs between browsers.

export const api = globalThis.browser ?? globalThis.chrome;

// Firefox has the reader agree before data that they enter is sent, and its manifest says so; no
// other browser knows such a question.
const SENDING = { data_collection: ["websiteActivity"] };
const asks = () => Boolean(api.runtime.getManifest().browser_specific_settings);

export const maySend = async () => !asks() || api.permissions.contains(SENDING);

// Only within a reader's own press.
export const askToSend = async () => !asks() || api.permissions.request(SENDING);

export const listenForConsent = (listener) => api.permissions.onAdded.addListener(listener);

// The tab that the reader looks at, also from a card in a window of its own.
export async function shownTab() {
  const tabs = await api.tabs.query({ active: true, windowType: "normal" });
  if (tabs.length < 2) return tabs[0];
  const windows = await api.windows.getAll();
  const shown = windows.filter((window) => window.focused).map((window) => window.id);
  return tabs.find((tab) => shown.includes(tab.windowId)) ?? latest(tabs);
}

const latest = (tabs) =>
  tabs.reduce((one, other) => (other.lastAccessed > one.lastAccessed ? other : one));
