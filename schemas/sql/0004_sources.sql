-- The source of a link, as readers' choices count it: the site of the feed that brought it, or its
-- own site if that has a feed. `feed_id` is the feed that brought it, the earliest of several; it
-- stays when the feed lists the link no more. `alive_at` is when a probe last found it alive.
ALTER TABLE link ADD COLUMN feed_id INTEGER;
ALTER TABLE link ADD COLUMN source_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN alive_at INTEGER;
UPDATE link SET feed_id = (SELECT min(e.feed_id) FROM entry e WHERE e.link_id = link.link_id),
  alive_at = CASE state WHEN 1 THEN checked_at END;
UPDATE link SET source_id = CASE
  WHEN EXISTS (SELECT 1 FROM feed f WHERE f.site_id = link.site_id) THEN site_id
  ELSE coalesce((SELECT f.site_id FROM feed f WHERE f.feed_id = link.feed_id), site_id) END;
CREATE INDEX link_by_feed ON link (feed_id);

ALTER TABLE pool ADD COLUMN source_id INTEGER NOT NULL DEFAULT 0;
UPDATE pool SET source_id = (SELECT l.source_id FROM link l WHERE l.link_id = pool.link_id);
