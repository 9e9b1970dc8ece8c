-- A site is a host or one tenant of it: "tilde.example" and "tilde.example/~ann". `site.host` is its
-- name; links and feeds of tenants move to sites of their own.
CREATE TABLE moved_link (
  link_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  old_site_id INTEGER NOT NULL
) STRICT;
INSERT INTO moved_link (link_id, name, old_site_id)
  SELECT l.link_id, s.host || tenant_of(l.url), l.site_id FROM link l JOIN site s USING (site_id)
  WHERE l.url LIKE '%/~%' OR l.url LIKE '%/\%7E%' ESCAPE '\';
CREATE TABLE moved_feed (
  feed_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  old_site_id INTEGER NOT NULL
) STRICT;
INSERT INTO moved_feed (feed_id, name, old_site_id)
  SELECT f.feed_id, s.host || tenant_of(f.url), f.site_id FROM feed f JOIN site s USING (site_id)
  WHERE f.url LIKE '%/~%' OR f.url LIKE '%/\%7E%' ESCAPE '\';
-- The tilde of a path further down is no tenant's.
DELETE FROM moved_link WHERE instr(name, '/') = 0;
DELETE FROM moved_feed WHERE instr(name, '/') = 0;

-- What an operator keeps out stays out; what the rule found of a host is not held against tenants.
INSERT INTO site (host, registrable_domain, blacklisted_at, blacklist_pattern, blacklist_reason)
  SELECT m.name, s.registrable_domain,
    CASE WHEN b.pattern IS NOT NULL THEN coalesce(s.blacklisted_at, b.added_at) END,
    b.pattern, b.reason
  FROM (SELECT name, old_site_id FROM moved_link UNION SELECT name, old_site_id FROM moved_feed) m
    JOIN site s ON s.site_id = m.old_site_id
    LEFT JOIN blacklist own ON own.pattern = m.name || '/' AND own.source = 0
    LEFT JOIN blacklist b ON b.source = 0 AND b.pattern = coalesce(own.pattern, s.blacklist_pattern)
  WHERE true
  ON CONFLICT (host) DO NOTHING;

UPDATE link SET site_id = (SELECT s.site_id FROM moved_link m JOIN site s ON s.host = m.name
    WHERE m.link_id = link.link_id)
  WHERE link_id IN (SELECT link_id FROM moved_link);
UPDATE feed SET site_id = (SELECT s.site_id FROM moved_feed m JOIN site s ON s.host = m.name
    WHERE m.feed_id = feed.feed_id)
  WHERE feed_id IN (SELECT feed_id FROM moved_feed);

-- Sites whose links, feeds or sources may be others now.
CREATE TABLE changed_site (site_id INTEGER PRIMARY KEY) STRICT;
INSERT OR IGNORE INTO changed_site (site_id)
  SELECT old_site_id FROM moved_link UNION SELECT old_site_id FROM moved_feed
  UNION SELECT s.site_id FROM moved_link m JOIN site s ON s.host = m.name
  UNION SELECT s.site_id FROM moved_feed m JOIN site s ON s.host = m.name;
-- By the rule that the writer goes by.
UPDATE link SET source_id = CASE
    WHEN EXISTS (SELECT 1 FROM feed f WHERE f.site_id = link.site_id) THEN site_id
    ELSE coalesce(feed_site_id, (SELECT f.site_id FROM feed f WHERE f.feed_id = link.feed_id),
      site_id) END
  WHERE site_id IN (SELECT site_id FROM changed_site)
    OR source_id IN (SELECT site_id FROM changed_site);

UPDATE site SET
    links_unchecked = (SELECT count(*) FROM link l WHERE l.site_id = site.site_id AND l.state = 0),
    links_alive = (SELECT count(*) FROM link l WHERE l.site_id = site.site_id AND l.state = 1),
    links_unknown = (SELECT count(*) FROM link l WHERE l.site_id = site.site_id AND l.state = 2),
    links_doubtful = (SELECT count(*) FROM link l WHERE l.site_id = site.site_id AND l.state = 3),
    links_dead = (SELECT count(*) FROM link l WHERE l.site_id = site.site_id AND l.state = 4)
  WHERE site_id IN (SELECT site_id FROM changed_site);

DELETE FROM pool WHERE link_id IN (SELECT m.link_id FROM moved_link m JOIN link l USING (link_id)
  JOIN site s ON s.site_id = l.site_id WHERE s.blacklisted_at IS NOT NULL);
INSERT INTO pool (link_id, site_id, source_id, published_at, language)
  SELECT l.link_id, l.site_id, l.source_id, l.published_at, l.language
  FROM moved_link m JOIN link l USING (link_id) JOIN site s ON s.site_id = l.site_id
  WHERE s.blacklisted_at IS NULL AND l.blacklisted = 0 AND l.state IN (0, 1, 2)
  ON CONFLICT DO NOTHING;
UPDATE pool SET (site_id, source_id) =
    (SELECT l.site_id, l.source_id FROM link l WHERE l.link_id = pool.link_id)
  WHERE site_id IN (SELECT site_id FROM changed_site)
    OR source_id IN (SELECT site_id FROM changed_site);

INSERT OR REPLACE INTO total (name, value) SELECT 'sites', count(*) FROM site;
INSERT OR REPLACE INTO total (name, value)
  SELECT 'sites_blacklisted', count(*) FROM site WHERE blacklisted_at IS NOT NULL;
INSERT OR REPLACE INTO total (name, value) SELECT 'links_in_pool', count(*) FROM pool;

DROP TABLE moved_link;
DROP TABLE moved_feed;
DROP TABLE changed_site;
