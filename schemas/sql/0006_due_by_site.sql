-- What is due is taken site by site, so that the backlog of one is not walked to reach the others.
-- Of a site's feeds those that were not asked for longest come first.
DROP INDEX feed_by_site;
CREATE INDEX feed_by_site ON feed (site_id, coalesce(checked_at, 0));
CREATE INDEX link_due_by_site ON link (site_id, next_check_at) WHERE blacklisted = 0;

-- The sample of a blacklisted site whose time to be looked at again has come: drawn once, and each of
-- its links stays in it until it was probed.
ALTER TABLE link ADD COLUMN on_parole INTEGER NOT NULL DEFAULT 0;
CREATE INDEX link_by_parole ON link (site_id) WHERE on_parole = 1;

-- Feeds that are being removed, piece by piece: they are paused, and what is left of them goes on
-- leaving after a crash.
CREATE TABLE removal (
  feed_id INTEGER PRIMARY KEY REFERENCES feed (feed_id) ON DELETE CASCADE
) STRICT;
