-- What imports added, so that one of them can be undone.

-- The newest imports, as many as store.imports_kept. `import_key` is the number by which the program
-- that imports names it, in as many batches as it takes. Kind 0: feeds, 1: entries of the blacklist.
CREATE TABLE import (
  import_id INTEGER PRIMARY KEY,
  import_key INTEGER NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  source TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  added INTEGER NOT NULL DEFAULT 0,
  undone_at INTEGER
) STRICT;

-- Who wants a feed or an entry that an import added: that import, and one that named it later; 0 if
-- there were several. What somebody named outside of an import has no row: nothing undoes it. There
-- is never more than a row for each feed and each entry.
CREATE TABLE import_feed (
  feed_id INTEGER PRIMARY KEY REFERENCES feed (feed_id) ON DELETE CASCADE,
  import_id INTEGER NOT NULL REFERENCES import (import_id) ON DELETE CASCADE,
  later_import_id INTEGER
) STRICT;
CREATE INDEX import_feed_by_import ON import_feed (import_id);
CREATE INDEX import_feed_by_later ON import_feed (later_import_id) WHERE later_import_id <> 0;
CREATE TABLE import_pattern (
  pattern TEXT PRIMARY KEY,
  import_id INTEGER NOT NULL REFERENCES import (import_id) ON DELETE CASCADE,
  later_import_id INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX import_pattern_by_import ON import_pattern (import_id);
CREATE INDEX import_pattern_by_later ON import_pattern (later_import_id) WHERE later_import_id <> 0;
