-- Sites: one host each, lower case A-label without a leading "www.".
CREATE TABLE site (
  site_id INTEGER PRIMARY KEY,
  host TEXT NOT NULL UNIQUE,
  registrable_domain TEXT NOT NULL,
  links_unchecked INTEGER NOT NULL DEFAULT 0,
  links_alive INTEGER NOT NULL DEFAULT 0,
  links_unknown INTEGER NOT NULL DEFAULT 0,
  links_doubtful INTEGER NOT NULL DEFAULT 0,
  links_dead INTEGER NOT NULL DEFAULT 0,
  blacklisted_at INTEGER,
  blacklisted_until_at INTEGER,
  blacklist_pattern TEXT,
  blacklist_reason TEXT
) STRICT;

-- Feeds, with all that the next request and the next decision need.
CREATE TABLE feed (
  feed_id INTEGER PRIMARY KEY,
  url TEXT NOT NULL UNIQUE,
  site_id INTEGER NOT NULL REFERENCES site (site_id),
  state INTEGER NOT NULL DEFAULT 0,
  title TEXT,
  site_url TEXT,
  language TEXT,
  format TEXT,
  category TEXT,
  added_at INTEGER NOT NULL,
  checked_at INTEGER,
  ok_at INTEGER,
  changed_at INTEGER,
  next_check_at INTEGER NOT NULL,
  next_check_reason TEXT,
  etag TEXT,
  last_modified TEXT,
  body_key INTEGER,
  unconditional_at INTEGER,
  error_count INTEGER NOT NULL DEFAULT 0,
  last_outcome INTEGER,
  last_status INTEGER NOT NULL DEFAULT 0,
  retry_after_at INTEGER,
  ttl_s INTEGER NOT NULL DEFAULT 0,
  update_period_s INTEGER NOT NULL DEFAULT 0,
  skip_hours INTEGER NOT NULL DEFAULT 0,
  skip_days INTEGER NOT NULL DEFAULT 0,
  entry_gap_s INTEGER NOT NULL DEFAULT 0,
  newest_published_at INTEGER,
  redirect_url TEXT,
  redirect_count INTEGER NOT NULL DEFAULT 0,
  redirect_since_at INTEGER,
  gone_at INTEGER,
  fetch_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX feed_by_site ON feed (site_id);
CREATE INDEX feed_by_next_check ON feed (next_check_at) WHERE state <> 1;

-- The last fetches of each feed: `slot` is fetch_count modulo the number kept.
CREATE TABLE fetch (
  feed_id INTEGER NOT NULL REFERENCES feed (feed_id) ON DELETE CASCADE,
  slot INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  status INTEGER NOT NULL,
  wire_bytes INTEGER NOT NULL,
  body_bytes INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  entries_new INTEGER NOT NULL,
  reason TEXT,
  next_check_at INTEGER NOT NULL,
  next_check_reason TEXT,
  PRIMARY KEY (feed_id, slot)
) STRICT, WITHOUT ROWID;

-- Links: one row a post, whatever feeds list it. url_key is the hash of the canonical URL.
CREATE TABLE link (
  link_id INTEGER PRIMARY KEY,
  url_key INTEGER NOT NULL UNIQUE,
  site_id INTEGER NOT NULL REFERENCES site (site_id),
  state INTEGER NOT NULL DEFAULT 0,
  blacklisted INTEGER NOT NULL DEFAULT 0,
  strikes INTEGER NOT NULL DEFAULT 0,
  struck_at INTEGER,
  first_seen_at INTEGER NOT NULL,
  published_at INTEGER,
  updated_at INTEGER,
  checked_at INTEGER,
  next_check_at INTEGER NOT NULL,
  check_interval_s INTEGER NOT NULL DEFAULT 0,
  last_outcome INTEGER,
  last_status INTEGER NOT NULL DEFAULT 0,
  language TEXT,
  url TEXT NOT NULL,
  title TEXT NOT NULL,
  author TEXT,
  summary TEXT
) STRICT;
CREATE INDEX link_by_site ON link (site_id);
CREATE INDEX link_by_next_check ON link (next_check_at) WHERE blacklisted = 0;

-- Which feed lists which link, under which identity; content_key tells an unchanged entry.
CREATE TABLE entry (
  feed_id INTEGER NOT NULL REFERENCES feed (feed_id) ON DELETE CASCADE,
  guid_key INTEGER NOT NULL,
  link_id INTEGER NOT NULL REFERENCES link (link_id),
  content_key INTEGER NOT NULL,
  PRIMARY KEY (feed_id, guid_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_by_link ON entry (link_id);

CREATE TABLE category (
  category_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE link_category (
  link_id INTEGER NOT NULL REFERENCES link (link_id) ON DELETE CASCADE,
  category_id INTEGER NOT NULL REFERENCES category (category_id),
  PRIMARY KEY (link_id, category_id)
) STRICT, WITHOUT ROWID;

-- The pool: every link that readers may be given, with the facets that the choice needs.
CREATE TABLE pool (
  link_id INTEGER PRIMARY KEY REFERENCES link (link_id) ON DELETE CASCADE,
  site_id INTEGER NOT NULL,
  published_at INTEGER,
  language TEXT
) STRICT;

-- What changed in the pool, for readers that follow it; the oldest rows are trimmed.
CREATE TABLE pool_change (
  change_id INTEGER PRIMARY KEY,
  link_id INTEGER NOT NULL
) STRICT;

-- The operator's entries and the rule's.
CREATE TABLE blacklist (
  pattern TEXT PRIMARY KEY,
  source INTEGER NOT NULL,
  reason TEXT,
  added_at INTEGER NOT NULL,
  until_at INTEGER
) STRICT, WITHOUT ROWID;

-- One row a commit, the newest ones kept.
CREATE TABLE batch (
  batch_id INTEGER PRIMARY KEY,
  committed_at INTEGER NOT NULL,
  crawls INTEGER NOT NULL,
  probes INTEGER NOT NULL,
  changes INTEGER NOT NULL,
  links_new INTEGER NOT NULL
) STRICT;

-- Totals kept by the writer, so that /v1/stats counts nothing.
CREATE TABLE total (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the crawler says of itself: one row.
CREATE TABLE crawler (
  crawler_id INTEGER PRIMARY KEY CHECK (crawler_id = 1),
  version TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  stopped_at INTEGER,
  reported_at INTEGER NOT NULL,
  fetch_at INTEGER,
  fetch_ok_at INTEGER,
  feeds_due INTEGER NOT NULL,
  in_flight INTEGER NOT NULL,
  outage_at INTEGER,
  problem TEXT
) STRICT;
