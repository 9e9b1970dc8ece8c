-- What was done hour by hour, for longer than the `batch` table holds the commits of a busy crawler;
-- the newest hours are kept, somewhat more than a year of them. An hour without a row had no commit:
-- the crawler, which commits twice a minute when it has nothing to do, did not run.
CREATE TABLE hour (
  hour_at INTEGER PRIMARY KEY,
  batches INTEGER NOT NULL,
  crawls INTEGER NOT NULL,
  probes INTEGER NOT NULL,
  links_new INTEGER NOT NULL
) STRICT;
INSERT INTO hour (hour_at, batches, crawls, probes, links_new)
  SELECT committed_at - committed_at % 3600, count(*), sum(crawls), sum(probes), sum(links_new)
  FROM batch GROUP BY 1;

-- Times that are over in which the crawler reached almost no host; the newest ones.
CREATE TABLE outage (
  began_at INTEGER PRIMARY KEY,
  ended_at INTEGER NOT NULL
) STRICT;

-- Feeds that fail, by the outcome of their last fetch; of each those first that were not read for
-- longest.
CREATE INDEX feed_failing ON feed (last_outcome, coalesce(ok_at, added_at))
  WHERE state = 0 AND error_count > 0;
