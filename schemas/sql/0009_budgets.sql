-- What a feed may add. `intake_day` counts days since 1970-01-01 UTC, `intake_links` its new links on
-- that day; the others say what its last answer held beyond the budgets.
ALTER TABLE feed ADD COLUMN intake_day INTEGER;
ALTER TABLE feed ADD COLUMN intake_links INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN links_over_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN links_over_site INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN links_over_sites INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN words_over INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN languages_over INTEGER NOT NULL DEFAULT 0;
UPDATE feed SET intake_day = ok_at / 86400 WHERE ok_at IS NOT NULL;

-- Who was the first to name a site, a word, a language: the source, the feed. NULL: an operator, or
-- somebody before this was kept.
ALTER TABLE site ADD COLUMN named_by INTEGER;
CREATE INDEX site_by_namer ON site (named_by) WHERE named_by IS NOT NULL;
ALTER TABLE category ADD COLUMN feed_id INTEGER;
CREATE INDEX category_by_feed ON category (feed_id) WHERE feed_id IS NOT NULL;
CREATE TABLE language (
  language TEXT PRIMARY KEY,
  feed_id INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO language (language) SELECT DISTINCT language FROM link WHERE language IS NOT NULL;
