-- Of a file that saunter-replica keeps as a copy of another database: of which, and how far the copy
-- has come. One row, and none in any other file.
--
-- `origin` is the number that the database was given when it was made. `form` is which rows and
-- columns are copied. The copy holds every change of the database up to `change_id`; `change_mark`
-- is what that change says, so that another history is told from this one. While the copy is filled
-- for the first time `filling` says where: a table, and the key after which it goes on. The copy was
-- last as the database at `current_at` by this machine's clock, at `source_at` by the database's.
CREATE TABLE replica (
  replica_id INTEGER PRIMARY KEY CHECK (replica_id = 1),
  origin INTEGER NOT NULL,
  form INTEGER NOT NULL,
  change_id INTEGER NOT NULL,
  change_mark INTEGER NOT NULL,
  filling TEXT,
  current_at INTEGER NOT NULL DEFAULT 0,
  source_at INTEGER NOT NULL DEFAULT 0
) STRICT;
