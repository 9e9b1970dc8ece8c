// One request to the service, and what came of it as a value. Nothing here throws for what the
// world does.

const REQUEST_MS_MAX = 15000;
const ANSWER_BYTES_MAX = 4194304;
const RETRY_AFTER_S_MAX = 7 * 86400;

// RFC 9110, 10.2.3: seconds or a date. Null: none that can be read.
export function retryAfterS(text, now) {
  if (!text) return null;
  const seconds = /^\d+$/.test(text.trim())
    ? Number(text)
    : Math.ceil(Date.parse(text) / 1000) - now;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), RETRY_AFTER_S_MAX) : null;
}

// {status, answer, detail, retry_after_s}; status 0 means that nothing answered in time.
async function exchange(url, options) {
  const nothing = { status: 0, answer: null, detail: "", retry_after_s: null };
  try {
    const response = await fetch(url, {
      ...options,
      // Nothing that tells one reader from another goes along or is kept.
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    const now = Math.floor(Date.now() / 1000);
    const text = await response.text();
    let answer = null;
    try {
      if (text.length <= ANSWER_BYTES_MAX) answer = JSON.parse(text);
    } catch {
      // A proxy's page about its own trouble, perhaps. Its status says enough.
    }
    return {
      status: response.ok && answer === null && response.status === 200 ? 502 : response.status,
      answer,
      detail: typeof answer?.detail === "string" ? answer.detail.slice(0, 300) : "",
      retry_after_s: retryAfterS(response.headers.get("Retry-After"), now),
    };
  } catch {
    return nothing;
  }
}

export const ask = (service, path) =>
  exchange(service + path, { headers: { Accept: "application/json" } });

export const send = (service, path, body) =>
  exchange(service + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
