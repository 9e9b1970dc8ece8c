-- Links anew, with fewer trees beside them.
--
-- A link is found by its site and its key: 47 bits of the hash of the canonical URL, of which a site
-- has one each. `url` begins with "/" where it is https at the site's host, and with "w/" where it
-- is https at its "www."; else it is whole. `categories` are ids in their order, separated by
-- commas.
--
-- `is_listed`: the feed that brought the link, `feed_id`, lists it by the one entry whose
-- `is_further` is 0. All other entries of a link are further ones, so that only those need an index
-- by link.
CREATE TABLE lean_link (
  link_id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL REFERENCES site (site_id),
  url_key INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  feed_id INTEGER NOT NULL,
  feed_site_id INTEGER,
  is_listed INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL DEFAULT 0,
  blacklisted INTEGER NOT NULL DEFAULT 0,
  on_parole INTEGER NOT NULL DEFAULT 0,
  strikes INTEGER NOT NULL DEFAULT 0,
  struck_at INTEGER,
  alive_at INTEGER,
  first_seen_at INTEGER NOT NULL,
  published_at INTEGER,
  updated_at INTEGER,
  checked_at INTEGER,
  next_check_at INTEGER NOT NULL,
  check_interval_s INTEGER NOT NULL DEFAULT 0,
  last_outcome INTEGER,
  last_status INTEGER NOT NULL DEFAULT 0,
  target_key INTEGER,
  listed_key INTEGER,
  language TEXT,
  categories TEXT,
  url TEXT NOT NULL,
  title TEXT NOT NULL,
  author TEXT,
  summary TEXT
) STRICT;

-- The entry by which the feed that brought a link lists it; the first of several.
CREATE TABLE first_entry (
  link_id INTEGER PRIMARY KEY,
  guid_key INTEGER NOT NULL
) STRICT;
INSERT INTO first_entry (link_id, guid_key)
  SELECT l.link_id, min(e.guid_key) FROM link l
    JOIN entry e ON e.link_id = l.link_id AND e.feed_id = l.feed_id
  WHERE l.feed_site_id IS NULL
  GROUP BY l.link_id;

INSERT INTO lean_link (link_id, site_id, url_key, source_id, feed_id, feed_site_id, is_listed, state,
    blacklisted, on_parole, strikes, struck_at, alive_at, first_seen_at, published_at, updated_at,
    checked_at, next_check_at, check_interval_s, last_outcome, last_status, target_key, listed_key,
    language, categories, url, title, author, summary)
  SELECT l.link_id, l.site_id, l.url_key & 0x7fffffffffff, l.source_id, l.feed_id, l.feed_site_id,
    EXISTS (SELECT 1 FROM first_entry f WHERE f.link_id = l.link_id), l.state, l.blacklisted,
    l.on_parole, l.strikes, l.struck_at, l.alive_at, l.first_seen_at, l.published_at, l.updated_at,
    l.checked_at, l.next_check_at, l.check_interval_s, l.last_outcome, l.last_status, l.target_key,
    l.listed_key & 0x7fffffffffff, l.language,
    (SELECT group_concat(category_id) FROM (SELECT lc.category_id FROM link_category lc WHERE
      lc.link_id = l.link_id ORDER BY lc.category_id)),
    CASE
      WHEN substr(l.url, 1, length(h.host) + 9) = 'https://' || h.host || '/'
        THEN substr(l.url, length(h.host) + 9)
      WHEN substr(l.url, 1, length(h.host) + 13) = 'https://www.' || h.host || '/'
        THEN 'w' || substr(l.url, length(h.host) + 13)
      ELSE l.url END,
    l.title, l.author, l.summary
  FROM link l JOIN (SELECT site_id, substr(host, 1, instr(host || '/', '/') - 1) AS host FROM site) h
    USING (site_id)
  ORDER BY l.link_id;

CREATE TABLE lean_entry (
  feed_id INTEGER NOT NULL REFERENCES feed (feed_id) ON DELETE CASCADE,
  guid_key INTEGER NOT NULL,
  link_id INTEGER NOT NULL,
  content_key INTEGER NOT NULL,
  is_further INTEGER NOT NULL,
  PRIMARY KEY (feed_id, guid_key)
) STRICT, WITHOUT ROWID;
INSERT INTO lean_entry (feed_id, guid_key, link_id, content_key, is_further)
  SELECT e.feed_id, e.guid_key & 0x7fffffffffff, e.link_id, e.content_key & 0x7fffffff,
    NOT EXISTS (SELECT 1 FROM first_entry f JOIN link l USING (link_id) WHERE f.link_id = e.link_id
      AND f.guid_key = e.guid_key AND l.feed_id = e.feed_id)
  FROM entry e WHERE true ORDER BY e.feed_id, e.guid_key
  ON CONFLICT DO NOTHING;
DROP TABLE first_entry;

-- The pool holds all that the API's index is made of.
CREATE TABLE lean_pool (
  link_id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  feed_id INTEGER NOT NULL,
  published_at INTEGER,
  language TEXT,
  categories TEXT
) STRICT;
INSERT INTO lean_pool (link_id, site_id, source_id, feed_id, published_at, language, categories)
  SELECT l.link_id, l.site_id, l.source_id, l.feed_id, l.published_at, l.language, l.categories
  FROM pool p JOIN lean_link l USING (link_id) ORDER BY l.link_id;

-- How many links use a category.
ALTER TABLE category ADD COLUMN links INTEGER NOT NULL DEFAULT 0;
UPDATE category SET links =
  (SELECT count(*) FROM link_category lc WHERE lc.category_id = category.category_id);

DROP TABLE link_category;
DROP TABLE pool;
DROP TABLE entry;
DROP TABLE link;
ALTER TABLE lean_link RENAME TO link;
ALTER TABLE lean_entry RENAME TO entry;
ALTER TABLE lean_pool RENAME TO pool;

CREATE INDEX link_by_key ON link (site_id, url_key);
CREATE INDEX link_by_feed ON link (feed_id) WHERE is_listed = 0;
CREATE INDEX link_by_feed_site ON link (feed_site_id) WHERE feed_site_id IS NOT NULL;
CREATE INDEX link_by_state ON link (state, next_check_at) WHERE blacklisted = 0;
CREATE INDEX link_due_by_site ON link (site_id, next_check_at) WHERE blacklisted = 0;
CREATE INDEX link_by_target ON link (site_id, target_key) WHERE target_key IS NOT NULL;
CREATE INDEX link_by_parole ON link (site_id) WHERE on_parole = 1;
CREATE INDEX entry_by_link ON entry (link_id) WHERE is_further = 1;

-- A change of the pool is that of one link, or of all from `link_id` to `last_link_id`.
ALTER TABLE pool_change ADD COLUMN last_link_id INTEGER;
