-- Links that left the pool since a time are those whose first dead verdict was counted since; few
-- have just one.
CREATE INDEX link_struck_once ON link (struck_at) WHERE strikes = 1;
-- Reports that were decided go after a time.
CREATE INDEX report_by_decision ON report (decided_at) WHERE decided_at IS NOT NULL;
-- Sites that went on the blacklist since a time.
CREATE INDEX site_by_blacklisting ON site (blacklisted_at) WHERE blacklisted_at IS NOT NULL;
