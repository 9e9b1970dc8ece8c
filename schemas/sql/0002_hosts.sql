-- When hosts may be asked again, so that a restart changes nothing for them. `host` is as in its
-- URLs; "*.example.com" is every host of that registrable domain. Rows of the past are trimmed.
CREATE TABLE host_pause (
  host TEXT NOT NULL,
  reason INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  PRIMARY KEY (host, reason)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_pause_by_until ON host_pause (until_at);

-- robots.txt of each origin, scheme://host[:port], as far as it speaks to this crawler; trimmed when
-- it is to be asked for again.
CREATE TABLE robots (
  origin TEXT PRIMARY KEY,
  outcome INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  rules TEXT
) STRICT;
CREATE INDEX robots_by_until ON robots (until_at);
