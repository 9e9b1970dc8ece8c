-- What readers say of links, and what follows from it.
--
-- link.blacklisted is a sum from here on: 1 where an entry of the blacklist has it, 2 where reports
-- keep it out of the pool until they are reviewed.

-- A receipt is good for one vote (kind 0) and one report (kind 1). Rows go after eight days, when
-- the receipt has expired.
CREATE TABLE receipt_used (
  nonce INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (nonce, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_used_by_time ON receipt_used (used_at);

-- Votes that count: of a network one for a source and a day, in days since 1970-01-01 UTC. `network`
-- is a hash that nobody can make again after that day. Rows go after seven days.
CREATE TABLE vote (
  source_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  network INTEGER NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (source_id, day, network)
) STRICT, WITHOUT ROWID;
CREATE INDEX vote_by_day ON vote (day);

-- The sums of a source's votes, each of which counts half after 90 days, as of `summed_at`.
CREATE TABLE source_votes (
  source_id INTEGER PRIMARY KEY REFERENCES site (site_id) ON DELETE CASCADE,
  ups REAL NOT NULL,
  downs REAL NOT NULL,
  summed_at INTEGER NOT NULL
) STRICT;

-- Weights of sources, in halves, decided once in a week; weeks since 1970-01-05, a Monday. A source
-- without a row has the weight 1, which is two halves.
CREATE TABLE weight_week (
  week INTEGER PRIMARY KEY,
  decided_at INTEGER NOT NULL
) STRICT;
CREATE TABLE source_weight (
  week INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  weight INTEGER NOT NULL,
  PRIMARY KEY (week, source_id)
) STRICT, WITHOUT ROWID;

-- Reports that wait for review, and those that were reviewed. `url` is the link's when it was
-- reported; `network` goes at the review or after seven days.
CREATE TABLE report (
  report_id INTEGER PRIMARY KEY,
  link_id INTEGER NOT NULL,
  url TEXT NOT NULL,
  kind INTEGER NOT NULL,
  note TEXT,
  network INTEGER,
  reported_at INTEGER NOT NULL,
  decision INTEGER,
  decided_at INTEGER
) STRICT;
CREATE INDEX report_by_link ON report (link_id, reported_at);
CREATE INDEX report_by_time ON report (reported_at);
CREATE INDEX report_by_network ON report (reported_at) WHERE network IS NOT NULL;
CREATE INDEX report_open ON report (link_id) WHERE decided_at IS NULL;
CREATE INDEX link_withheld ON link (link_id) WHERE blacklisted >= 2;
