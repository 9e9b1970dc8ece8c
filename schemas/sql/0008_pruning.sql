-- What nobody uses any more is pruned by the writer; these indexes say so without a scan.
CREATE INDEX link_category_by_category ON link_category (category_id);
CREATE INDEX link_by_feed_site ON link (feed_site_id) WHERE feed_site_id IS NOT NULL;

-- What has gathered so far, but for the newest row: its id is given out no second time.
DELETE FROM category WHERE category_id < (SELECT max(category_id) FROM category)
  AND NOT EXISTS (SELECT 1 FROM link_category lc WHERE lc.category_id = category.category_id);
