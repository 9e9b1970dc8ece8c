-- Roles for the programs that share one PostgreSQL database, each with what it needs and no more.
--
--   psql -X -d saunter -f /usr/share/saunter/postgres-roles.sql
--
-- as a role that owns the database and may make roles, or as postgres. Run it after `saunter db move`
-- or `saunter db migrate` has made the tables, and again after each update that migrates: it can be run
-- any number of times. The owner alone moves and migrates; the roles below make, alter and drop
-- nothing.
--
-- The roles have no password. Give each one of its own with \password saunter_crawler in psql, and
-- name role and password where the program runs, in ~/.pgpass of its user.
\set ON_ERROR_STOP on
BEGIN;

SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['saunter_crawler', 'saunter_cli', 'saunter_replica']) AS name
  WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) \gexec

-- Nobody else comes in, and nobody but the owner makes anything.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO saunter_crawler, saunter_cli, saunter_replica',
              current_database()) \gexec
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO saunter_crawler, saunter_cli, saunter_replica;

-- What an older release needed and this one does not.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM saunter_crawler, saunter_cli, saunter_replica;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM saunter_crawler, saunter_cli, saunter_replica;

-- Each of them writes in batches, and those of saunter-crawler and saunter prune what is too old.
-- saunter-crawler writes every table there is.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO saunter_crawler;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO saunter_crawler;

-- saunter reads all, and writes what an operator decides: feeds, the blacklist, categories, imports and
-- reviews, with the links that they concern. What crawlers say of themselves, of their fetches and of
-- sites stays theirs.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO saunter_cli;
SELECT format('GRANT INSERT, UPDATE, DELETE ON %I TO saunter_cli', relname)
  FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
    AND relname NOT IN ('crawler', 'fetch', 'outage', 'site_look', 'shard', 'member', 'asked')
  ORDER BY relname \gexec
-- What was fetched of a feed goes with it.
GRANT DELETE ON "fetch" TO saunter_cli;

-- saunter-replica reads what it copies, and writes what readers say: votes and reports, with the links
-- that are reported and what each batch counts. Removing and pruning is left to those who crawl.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO saunter_replica;
GRANT INSERT ON batch, receipt_used, vote TO saunter_replica;
GRANT INSERT, UPDATE ON source_votes, total TO saunter_replica;
GRANT INSERT, UPDATE, DELETE ON hour, meta TO saunter_replica;
GRANT INSERT, DELETE ON report TO saunter_replica;
GRANT UPDATE (next_check_at, blacklisted, in_pool) ON link TO saunter_replica;
-- The log of changes, itself and as SQLite has it.
GRANT INSERT ON change, pool_change TO saunter_replica;

COMMIT;
