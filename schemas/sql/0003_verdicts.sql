-- Where a link redirected to when it was probed last, and the key under which feeds list a link that
-- has moved.
ALTER TABLE link ADD COLUMN target_key INTEGER;
ALTER TABLE link ADD COLUMN listed_key INTEGER;
CREATE INDEX link_by_target ON link (site_id, target_key) WHERE target_key IS NOT NULL;

-- Due probes are taken state by state, so that new links do not wait behind old ones.
DROP INDEX link_by_next_check;
CREATE INDEX link_by_state ON link (state, next_check_at) WHERE blacklisted = 0;

-- What a site said to a request for a page that it cannot have.
CREATE TABLE site_look (
  site_id INTEGER PRIMARY KEY REFERENCES site (site_id) ON DELETE CASCADE,
  looked_at INTEGER NOT NULL,
  answer INTEGER NOT NULL,
  target_key INTEGER,
  title_key INTEGER,
  words TEXT,
  parked_count INTEGER NOT NULL DEFAULT 0,
  parked_at INTEGER,
  reason TEXT
) STRICT;

-- What the rule decided about sites, with the evidence as it stood then.
CREATE TABLE decision (
  decision_id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL REFERENCES site (site_id) ON DELETE CASCADE,
  decided_at INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  reason TEXT NOT NULL,
  links_checked INTEGER NOT NULL,
  links_dead INTEGER NOT NULL,
  links_discarded INTEGER NOT NULL,
  first_dead_at INTEGER,
  last_dead_at INTEGER,
  sample_urls TEXT
) STRICT;
CREATE INDEX decision_by_site ON decision (site_id, decision_id);
CREATE INDEX site_by_parole ON site (blacklisted_until_at) WHERE blacklisted_until_at IS NOT NULL;
