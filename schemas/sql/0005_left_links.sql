-- The site on which a feed stood that brought a link and has moved to another registrable domain
-- since: the link goes on to count for that site. NULL: the feed is where it was.
ALTER TABLE link ADD COLUMN feed_site_id INTEGER;

-- Links that nobody brought, left behind by feeds that were removed or merged.
INSERT INTO pool_change (link_id)
  SELECT p.link_id FROM pool p JOIN link l USING (link_id) WHERE l.feed_id IS NULL;
UPDATE site SET
  links_unchecked = links_unchecked - (SELECT count(*) FROM link l
    WHERE l.site_id = site.site_id AND l.feed_id IS NULL AND l.state = 0),
  links_alive = links_alive - (SELECT count(*) FROM link l
    WHERE l.site_id = site.site_id AND l.feed_id IS NULL AND l.state = 1),
  links_unknown = links_unknown - (SELECT count(*) FROM link l
    WHERE l.site_id = site.site_id AND l.feed_id IS NULL AND l.state = 2),
  links_doubtful = links_doubtful - (SELECT count(*) FROM link l
    WHERE l.site_id = site.site_id AND l.feed_id IS NULL AND l.state = 3),
  links_dead = links_dead - (SELECT count(*) FROM link l
    WHERE l.site_id = site.site_id AND l.feed_id IS NULL AND l.state = 4)
  WHERE site_id IN (SELECT site_id FROM link WHERE feed_id IS NULL);
DELETE FROM pool WHERE link_id IN (SELECT link_id FROM link WHERE feed_id IS NULL);
DELETE FROM link WHERE feed_id IS NULL;

-- Totals that merging left wrong.
INSERT OR REPLACE INTO total (name, value)
  SELECT 'links', count(*) FROM link
  UNION ALL SELECT 'links_unchecked', sum(links_unchecked) FROM site HAVING count(*) > 0
  UNION ALL SELECT 'links_alive', sum(links_alive) FROM site HAVING count(*) > 0
  UNION ALL SELECT 'links_unknown', sum(links_unknown) FROM site HAVING count(*) > 0
  UNION ALL SELECT 'links_doubtful', sum(links_doubtful) FROM site HAVING count(*) > 0
  UNION ALL SELECT 'links_dead', sum(links_dead) FROM site HAVING count(*) > 0
  UNION ALL SELECT 'links_in_pool', count(*) FROM pool
  UNION ALL SELECT 'feeds', count(*) FROM feed
  UNION ALL SELECT 'feeds_paused', count(*) FROM feed WHERE state = 1
  UNION ALL SELECT 'feeds_gone', count(*) FROM feed WHERE state = 2
  UNION ALL SELECT 'feeds_never_fetched', count(*) FROM feed WHERE checked_at IS NULL
  UNION ALL SELECT 'feeds_failing', count(*) FROM feed WHERE error_count > 0;
