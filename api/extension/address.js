// The address of a Saunter service, as a reader types it. Pure.

// A name without a scheme that stands on the reader's own network speaks plain HTTP there.
const AT_HOME =
  /^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]|[^.:/]+|[^:/]+\.(local|lan|home\.arpa|internal))(:\d+)?(\/|$)/i;
const ADDRESS_LENGTH_MAX = 500;

// "saunter.example/" → "https://saunter.example", without a slash at its end. Null: no address of a
// service. A path in front of the service's own paths is kept.
export function serviceAddress(text) {
  const typed = String(text).trim();
  if (!typed || typed.length > ADDRESS_LENGTH_MAX) return null;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed)
    ? ""
    : AT_HOME.test(typed)
      ? "http://"
      : "https://";
  let url;
  try {
    url = new URL(scheme + typed);
  } catch {
    return null;
  }
  if (!["http:", "https:"].includes(url.protocol) || !url.hostname) return null;
  if (url.username || url.password || url.search || url.hash) return null;
  return url.origin + url.pathname.replace(/\/+$/, "");
}

// Nothing but a page of the web is opened, whatever a service answers.
export function isWeb(text) {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
