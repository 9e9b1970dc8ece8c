-- What schemas/sql/ makes in an SQLite file up to its version 15, for PostgreSQL 15 and newer: the
-- same tables, columns, keys and indexes. Every number is a BIGINT. Texts compare byte for byte,
-- as they do in SQLite, whatever the database's locale is.
--
-- Where the program gives no id, a row's id is the largest one and one more, as in SQLite: one
-- writer at a time inserts, and a sequence would leave gaps where a batch was rolled back.

CREATE FUNCTION next_site_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT site_id FROM site ORDER BY site_id DESC LIMIT 1), 0) + 1;
   END';
CREATE FUNCTION next_feed_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT feed_id FROM feed ORDER BY feed_id DESC LIMIT 1), 0) + 1;
   END';
CREATE FUNCTION next_category_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT category_id FROM category ORDER BY category_id DESC LIMIT 1), 0) + 1;
   END';
CREATE FUNCTION next_link_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT link_id FROM link ORDER BY link_id DESC LIMIT 1), 0) + 1;
   END';
CREATE FUNCTION next_batch_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT batch_id FROM batch ORDER BY batch_id DESC LIMIT 1), 0) + 1;
   END';
CREATE FUNCTION next_decision_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT decision_id FROM decision ORDER BY decision_id DESC LIMIT 1), 0) + 1;
   END';
CREATE FUNCTION next_report_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT report_id FROM report ORDER BY report_id DESC LIMIT 1), 0) + 1;
   END';
CREATE FUNCTION next_import_id() RETURNS BIGINT LANGUAGE plpgsql AS
  'BEGIN
   RETURN coalesce((SELECT import_id FROM import ORDER BY import_id DESC LIMIT 1), 0) + 1;
   END';

-- The one clock of leases. No crawler's own is asked.
CREATE FUNCTION clock_now() RETURNS BIGINT LANGUAGE sql STABLE AS
  'SELECT floor(extract(epoch FROM clock_timestamp()))::bigint';

-- A shard is a part of all hosts, see store/shards/shards.h: that of a feed or a link is its site's.
CREATE TABLE site (
  site_id BIGINT PRIMARY KEY DEFAULT next_site_id(),
  host TEXT COLLATE "C" NOT NULL UNIQUE,
  registrable_domain TEXT COLLATE "C" NOT NULL,
  shard BIGINT NOT NULL,
  links_unchecked BIGINT NOT NULL DEFAULT 0,
  links_alive BIGINT NOT NULL DEFAULT 0,
  links_unknown BIGINT NOT NULL DEFAULT 0,
  links_doubtful BIGINT NOT NULL DEFAULT 0,
  links_dead BIGINT NOT NULL DEFAULT 0,
  blacklisted_at BIGINT,
  blacklisted_until_at BIGINT,
  blacklist_pattern TEXT COLLATE "C",
  blacklist_reason TEXT COLLATE "C",
  named_by BIGINT
) WITH (fillfactor = 80);
-- There is room beside a row for its next state, which no index need know of: batches count in it.
CREATE INDEX site_by_parole ON site (blacklisted_until_at) WHERE blacklisted_until_at IS NOT NULL;
CREATE INDEX site_by_namer ON site (named_by) WHERE named_by IS NOT NULL;
CREATE INDEX site_by_blacklisting ON site (blacklisted_at) WHERE blacklisted_at IS NOT NULL;

CREATE FUNCTION take_shard_of_site() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN NEW.shard := (SELECT shard FROM site WHERE site_id = NEW.site_id); RETURN NEW; END';

CREATE TABLE feed (
  feed_id BIGINT PRIMARY KEY DEFAULT next_feed_id(),
  url TEXT COLLATE "C" NOT NULL UNIQUE,
  site_id BIGINT NOT NULL REFERENCES site (site_id),
  shard BIGINT,
  state BIGINT NOT NULL DEFAULT 0,
  title TEXT COLLATE "C",
  site_url TEXT COLLATE "C",
  language TEXT COLLATE "C",
  format TEXT COLLATE "C",
  category TEXT COLLATE "C",
  added_at BIGINT NOT NULL,
  checked_at BIGINT,
  ok_at BIGINT,
  changed_at BIGINT,
  next_check_at BIGINT NOT NULL,
  next_check_reason TEXT COLLATE "C",
  etag TEXT COLLATE "C",
  last_modified TEXT COLLATE "C",
  body_key BIGINT,
  unconditional_at BIGINT,
  error_count BIGINT NOT NULL DEFAULT 0,
  last_outcome BIGINT,
  last_status BIGINT NOT NULL DEFAULT 0,
  retry_after_at BIGINT,
  ttl_s BIGINT NOT NULL DEFAULT 0,
  update_period_s BIGINT NOT NULL DEFAULT 0,
  skip_hours BIGINT NOT NULL DEFAULT 0,
  skip_days BIGINT NOT NULL DEFAULT 0,
  entry_gap_s BIGINT NOT NULL DEFAULT 0,
  newest_published_at BIGINT,
  redirect_url TEXT COLLATE "C",
  redirect_count BIGINT NOT NULL DEFAULT 0,
  redirect_since_at BIGINT,
  gone_at BIGINT,
  fetch_count BIGINT NOT NULL DEFAULT 0,
  intake_day BIGINT,
  intake_links BIGINT NOT NULL DEFAULT 0,
  links_over_day BIGINT NOT NULL DEFAULT 0,
  links_over_site BIGINT NOT NULL DEFAULT 0,
  links_over_sites BIGINT NOT NULL DEFAULT 0,
  words_over BIGINT NOT NULL DEFAULT 0,
  languages_over BIGINT NOT NULL DEFAULT 0,
  given_title TEXT COLLATE "C"
);
CREATE TRIGGER feed_shard BEFORE INSERT OR UPDATE OF site_id ON feed
  FOR EACH ROW EXECUTE FUNCTION take_shard_of_site();
-- What is due is walked past what others hold: the index alone tells whose a row is.
CREATE INDEX feed_by_next_check ON feed (next_check_at, feed_id) INCLUDE (shard, site_id)
  WHERE state <> 1;
CREATE INDEX feed_by_site ON feed (site_id, coalesce(checked_at, 0));
CREATE INDEX feed_failing ON feed (last_outcome, coalesce(ok_at, added_at))
  WHERE state = 0 AND error_count > 0;

-- The name is a reserved word in PostgreSQL; in quotes both engines take it. A trigger on feeds
-- does what a foreign key would, which looks for the feed at each new row, too.
CREATE TABLE "fetch" (
  feed_id BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  fetched_at BIGINT NOT NULL,
  outcome BIGINT NOT NULL,
  status BIGINT NOT NULL,
  wire_bytes BIGINT NOT NULL,
  body_bytes BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  entries_new BIGINT NOT NULL,
  reason TEXT COLLATE "C",
  next_check_at BIGINT NOT NULL,
  next_check_reason TEXT COLLATE "C",
  PRIMARY KEY (feed_id, slot)
);

CREATE FUNCTION forget_fetches() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN DELETE FROM "fetch" WHERE feed_id = OLD.feed_id; RETURN NULL; END';
CREATE TRIGGER forget_fetches AFTER DELETE ON feed
  FOR EACH ROW EXECUTE FUNCTION forget_fetches();

-- That a link's site is there and an entry's feed is for db check to see: a trigger a row, which is
-- what a foreign key is here, would double what the row costs.
CREATE TABLE link (
  link_id BIGINT PRIMARY KEY DEFAULT next_link_id(),
  site_id BIGINT NOT NULL,
  shard BIGINT NOT NULL,
  url_key BIGINT NOT NULL,
  source_id BIGINT NOT NULL,
  feed_id BIGINT NOT NULL,
  feed_site_id BIGINT,
  is_listed BIGINT NOT NULL DEFAULT 0,
  state BIGINT NOT NULL DEFAULT 0,
  blacklisted BIGINT NOT NULL DEFAULT 0,
  on_parole BIGINT NOT NULL DEFAULT 0,
  strikes BIGINT NOT NULL DEFAULT 0,
  struck_at BIGINT,
  alive_at BIGINT,
  first_seen_at BIGINT NOT NULL,
  published_at BIGINT,
  updated_at BIGINT,
  checked_at BIGINT,
  next_check_at BIGINT NOT NULL,
  check_interval_s BIGINT NOT NULL DEFAULT 0,
  last_outcome BIGINT,
  last_status BIGINT NOT NULL DEFAULT 0,
  target_key BIGINT,
  listed_key BIGINT,
  in_pool BIGINT NOT NULL DEFAULT 0,
  language TEXT COLLATE "C",
  categories TEXT COLLATE "C",
  url TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  author TEXT COLLATE "C",
  summary TEXT COLLATE "C"
);
CREATE INDEX link_by_key ON link (site_id, url_key);
CREATE INDEX link_by_feed ON link (feed_id) WHERE is_listed = 0;
CREATE INDEX link_by_feed_site ON link (feed_site_id) WHERE feed_site_id IS NOT NULL;
-- Who inserts a link gives the shard of its site along: a COPY into a table that has a trigger
-- before each row would take the rows in one at a time.
CREATE TRIGGER moved_link_shard BEFORE UPDATE OF site_id ON link
  FOR EACH ROW EXECUTE FUNCTION take_shard_of_site();
CREATE INDEX link_by_state ON link (state, next_check_at, link_id) INCLUDE (shard, site_id)
  WHERE blacklisted = 0;
CREATE INDEX link_due_by_site ON link (site_id, next_check_at) WHERE blacklisted = 0;
CREATE INDEX link_by_target ON link (site_id, target_key) WHERE target_key IS NOT NULL;
CREATE INDEX link_by_parole ON link (site_id) WHERE on_parole = 1;
CREATE INDEX link_withheld ON link (link_id) WHERE blacklisted >= 2;
CREATE INDEX link_struck_once ON link (struck_at) WHERE strikes = 1;

CREATE TABLE entry (
  feed_id BIGINT NOT NULL,
  guid_key BIGINT NOT NULL,
  link_id BIGINT NOT NULL,
  content_key BIGINT NOT NULL,
  is_further BIGINT NOT NULL,
  PRIMARY KEY (feed_id, guid_key)
);
CREATE INDEX entry_by_link ON entry (link_id) WHERE is_further = 1;

CREATE TABLE category (
  category_id BIGINT PRIMARY KEY DEFAULT next_category_id(),
  name TEXT COLLATE "C" NOT NULL UNIQUE,
  feed_id BIGINT,
  links BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX category_by_feed ON category (feed_id) WHERE feed_id IS NOT NULL;

CREATE TABLE language (
  language TEXT COLLATE "C" PRIMARY KEY,
  feed_id BIGINT
);

-- What SQLite has in a table of its own, so that readers walk short rows. Nobody walks it here, and
-- a second row for each link would cost the writer a quarter of what a link does.
CREATE VIEW pool AS
  SELECT link_id, site_id, source_id, feed_id, published_at, language, categories FROM link
  WHERE in_pool = 1;

CREATE TABLE blacklist (
  pattern TEXT COLLATE "C" PRIMARY KEY,
  source BIGINT NOT NULL,
  reason TEXT COLLATE "C",
  added_at BIGINT NOT NULL,
  until_at BIGINT
);

CREATE TABLE batch (
  batch_id BIGINT PRIMARY KEY DEFAULT next_batch_id(),
  committed_at BIGINT NOT NULL,
  crawls BIGINT NOT NULL,
  probes BIGINT NOT NULL,
  changes BIGINT NOT NULL,
  links_new BIGINT NOT NULL
);

CREATE TABLE total (
  name TEXT COLLATE "C" PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO total (name, value) VALUES ('feeds', 0), ('feeds_failing', 0), ('feeds_gone', 0),
  ('feeds_never_fetched', 0), ('feeds_paused', 0), ('links', 0), ('links_in_pool', 0), ('sites', 0),
  ('sites_blacklisted', 0);

CREATE TABLE crawler (
  crawler_id BIGINT PRIMARY KEY CHECK (crawler_id = 1),
  version TEXT COLLATE "C" NOT NULL,
  started_at BIGINT NOT NULL,
  stopped_at BIGINT,
  reported_at BIGINT NOT NULL,
  fetch_at BIGINT,
  fetch_ok_at BIGINT,
  feeds_due BIGINT NOT NULL,
  in_flight BIGINT NOT NULL,
  outage_at BIGINT,
  problem TEXT COLLATE "C"
);

CREATE TABLE host_pause (
  host TEXT COLLATE "C" NOT NULL,
  reason BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  PRIMARY KEY (host, reason)
);
CREATE INDEX host_pause_by_until ON host_pause (until_at);

CREATE TABLE robots (
  origin TEXT COLLATE "C" PRIMARY KEY,
  outcome BIGINT NOT NULL,
  fetched_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  rules TEXT COLLATE "C"
);
CREATE INDEX robots_by_until ON robots (until_at);

CREATE TABLE site_look (
  site_id BIGINT PRIMARY KEY REFERENCES site (site_id) ON DELETE CASCADE,
  looked_at BIGINT NOT NULL,
  answer BIGINT NOT NULL,
  target_key BIGINT,
  title_key BIGINT,
  words TEXT COLLATE "C",
  parked_count BIGINT NOT NULL DEFAULT 0,
  parked_at BIGINT,
  reason TEXT COLLATE "C"
);

CREATE TABLE decision (
  decision_id BIGINT PRIMARY KEY DEFAULT next_decision_id(),
  site_id BIGINT NOT NULL REFERENCES site (site_id) ON DELETE CASCADE,
  decided_at BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  links_checked BIGINT NOT NULL,
  links_dead BIGINT NOT NULL,
  links_discarded BIGINT NOT NULL,
  first_dead_at BIGINT,
  last_dead_at BIGINT,
  sample_urls TEXT COLLATE "C"
);
CREATE INDEX decision_by_site ON decision (site_id, decision_id);

CREATE TABLE removal (
  feed_id BIGINT PRIMARY KEY REFERENCES feed (feed_id) ON DELETE CASCADE
);

CREATE TABLE receipt_used (
  nonce BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (nonce, kind)
);
CREATE INDEX receipt_used_by_time ON receipt_used (used_at);

CREATE TABLE vote (
  source_id BIGINT NOT NULL,
  day BIGINT NOT NULL,
  network BIGINT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (source_id, day, network)
);
CREATE INDEX vote_by_day ON vote (day);

CREATE TABLE source_votes (
  source_id BIGINT PRIMARY KEY REFERENCES site (site_id) ON DELETE CASCADE,
  ups DOUBLE PRECISION NOT NULL,
  downs DOUBLE PRECISION NOT NULL,
  summed_at BIGINT NOT NULL
);

CREATE TABLE weight_week (
  week BIGINT PRIMARY KEY,
  decided_at BIGINT NOT NULL
);

CREATE TABLE source_weight (
  week BIGINT NOT NULL,
  source_id BIGINT NOT NULL,
  weight BIGINT NOT NULL,
  PRIMARY KEY (week, source_id)
);

CREATE TABLE report (
  report_id BIGINT PRIMARY KEY DEFAULT next_report_id(),
  link_id BIGINT NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  kind BIGINT NOT NULL,
  note TEXT COLLATE "C",
  network BIGINT,
  reported_at BIGINT NOT NULL,
  decision BIGINT,
  decided_at BIGINT
);
CREATE INDEX report_by_link ON report (link_id, reported_at);
CREATE INDEX report_by_time ON report (reported_at);
CREATE INDEX report_by_network ON report (reported_at) WHERE network IS NOT NULL;
CREATE INDEX report_open ON report (link_id) WHERE decided_at IS NULL;
CREATE INDEX report_by_decision ON report (decided_at) WHERE decided_at IS NOT NULL;

CREATE TABLE import (
  import_id BIGINT PRIMARY KEY DEFAULT next_import_id(),
  import_key BIGINT NOT NULL UNIQUE,
  kind BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  started_at BIGINT NOT NULL,
  added BIGINT NOT NULL DEFAULT 0,
  undone_at BIGINT
);

CREATE TABLE import_feed (
  feed_id BIGINT PRIMARY KEY REFERENCES feed (feed_id) ON DELETE CASCADE,
  import_id BIGINT NOT NULL REFERENCES import (import_id) ON DELETE CASCADE,
  later_import_id BIGINT
);
CREATE INDEX import_feed_by_import ON import_feed (import_id);
CREATE INDEX import_feed_by_later ON import_feed (later_import_id) WHERE later_import_id <> 0;

CREATE TABLE import_pattern (
  pattern TEXT COLLATE "C" PRIMARY KEY,
  import_id BIGINT NOT NULL REFERENCES import (import_id) ON DELETE CASCADE,
  later_import_id BIGINT
);
CREATE INDEX import_pattern_by_import ON import_pattern (import_id);
CREATE INDEX import_pattern_by_later ON import_pattern (later_import_id) WHERE later_import_id <> 0;

CREATE TABLE left_category (
  feed_id BIGINT NOT NULL REFERENCES feed (feed_id) ON DELETE CASCADE,
  category TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (feed_id, category)
);

CREATE TABLE hour (
  hour_at BIGINT PRIMARY KEY,
  batches BIGINT NOT NULL,
  crawls BIGINT NOT NULL,
  probes BIGINT NOT NULL,
  links_new BIGINT NOT NULL
);

CREATE TABLE outage (
  began_at BIGINT PRIMARY KEY,
  ended_at BIGINT NOT NULL
);

-- Who holds which part of the hosts, see store/leases.h. Only a transaction that has the writers'
-- turn changes the owner of a shard. `owner`: NULL, nobody. `epoch`: of the round in which it was
-- taken last. Before `silent_until_at` nothing of it is asked.
CREATE TABLE shard (
  shard BIGINT PRIMARY KEY,
  owner BIGINT,
  epoch BIGINT NOT NULL DEFAULT 0,
  is_leaving BIGINT NOT NULL DEFAULT 0,
  silent_until_at BIGINT NOT NULL DEFAULT 0
);
INSERT INTO shard (shard) SELECT generate_series(0, 1023);
CREATE INDEX shard_by_owner ON shard (owner);

-- Crawlers that live, under ids that each has drawn for itself.
CREATE TABLE member (
  owner BIGINT PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  joined_at BIGINT NOT NULL,
  renewed_at BIGINT NOT NULL,
  renewed_until_at BIGINT NOT NULL
);

-- Feeds that a crawler has read to ask them, and whose answers are not in the database yet.
CREATE TABLE asked (
  feed_id BIGINT PRIMARY KEY,
  owner BIGINT NOT NULL,
  asked_at BIGINT NOT NULL
);
CREATE INDEX asked_by_owner ON asked (owner);
