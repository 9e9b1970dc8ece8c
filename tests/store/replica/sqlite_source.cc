#include <gtest/gtest.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/restore.h"
#include "store/sqlite/writer.h"
#include "tests/store/replica/source.h"

namespace saunter::store::replica {
namespace {

constexpr std::int64_t kBusyTimeoutMs = 5000;

// What schemas/postgres/ says, in the words of SQLite.
constexpr char kLog[] = R"sql(
CREATE TABLE change (
  change_id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, id INTEGER NOT NULL,
  last_id INTEGER);
CREATE TABLE origin (origin INTEGER NOT NULL);
INSERT INTO origin (origin) VALUES (abs(random() % 9007199254740992));
CREATE TRIGGER note_pool AFTER INSERT ON pool_change BEGIN
  INSERT INTO change (kind, id, last_id) VALUES (1, NEW.link_id, NEW.last_link_id); END;
CREATE TRIGGER note_deleted_link AFTER DELETE ON link BEGIN
  INSERT INTO change (kind, id) VALUES (2, OLD.link_id); END;
CREATE TRIGGER note_changed_link AFTER UPDATE ON link
  WHEN (OLD.site_id, OLD.source_id, OLD.feed_id, OLD.state, OLD.blacklisted, OLD.strikes,
        OLD.struck_at, OLD.published_at, OLD.updated_at, OLD.language, OLD.categories, OLD.url,
        OLD.title, OLD.author, OLD.summary)
    IS NOT (NEW.site_id, NEW.source_id, NEW.feed_id, NEW.state, NEW.blacklisted, NEW.strikes,
        NEW.struck_at, NEW.published_at, NEW.updated_at, NEW.language, NEW.categories, NEW.url,
        NEW.title, NEW.author, NEW.summary)
  BEGIN INSERT INTO change (kind, id) VALUES (2, OLD.link_id); END;
CREATE TRIGGER note_changed_pool AFTER UPDATE OF feed_id ON pool
  WHEN OLD.feed_id IS NOT NEW.feed_id BEGIN
  INSERT INTO change (kind, id) VALUES (2, OLD.link_id); END;
CREATE TRIGGER note_new_feed AFTER INSERT ON feed BEGIN
  INSERT INTO change (kind, id) VALUES (3, NEW.feed_id); END;
CREATE TRIGGER note_deleted_feed AFTER DELETE ON feed BEGIN
  INSERT INTO change (kind, id) VALUES (3, OLD.feed_id); END;
CREATE TRIGGER note_changed_feed AFTER UPDATE ON feed
  WHEN (OLD.url, OLD.site_id, OLD.state, OLD.title, OLD.given_title, OLD.site_url, OLD.category,
        OLD.added_at, OLD.last_outcome, OLD.error_count,
        CASE WHEN OLD.error_count > 0 THEN OLD.ok_at END,
        CASE WHEN OLD.error_count > 0 THEN OLD.next_check_at END)
    IS NOT (NEW.url, NEW.site_id, NEW.state, NEW.title, NEW.given_title, NEW.site_url, NEW.category,
        NEW.added_at, NEW.last_outcome, NEW.error_count,
        CASE WHEN NEW.error_count > 0 THEN NEW.ok_at END,
        CASE WHEN NEW.error_count > 0 THEN NEW.next_check_at END)
  BEGIN INSERT INTO change (kind, id) VALUES (3, OLD.feed_id); END;
CREATE TRIGGER note_removal AFTER INSERT ON removal BEGIN
  INSERT INTO change (kind, id) VALUES (3, NEW.feed_id); END;
CREATE TRIGGER note_new_site AFTER INSERT ON site BEGIN
  INSERT INTO change (kind, id) VALUES (4, NEW.site_id); END;
CREATE TRIGGER note_deleted_site AFTER DELETE ON site BEGIN
  INSERT INTO change (kind, id) VALUES (4, OLD.site_id); END;
CREATE TRIGGER note_changed_site AFTER UPDATE ON site
  WHEN (OLD.host, OLD.registrable_domain, OLD.links_unchecked, OLD.links_alive, OLD.links_unknown,
        OLD.links_doubtful, OLD.links_dead, OLD.blacklisted_at, OLD.blacklisted_until_at,
        OLD.blacklist_pattern, OLD.blacklist_reason)
    IS NOT (NEW.host, NEW.registrable_domain, NEW.links_unchecked, NEW.links_alive,
        NEW.links_unknown, NEW.links_doubtful, NEW.links_dead, NEW.blacklisted_at,
        NEW.blacklisted_until_at, NEW.blacklist_pattern, NEW.blacklist_reason)
  BEGIN INSERT INTO change (kind, id) VALUES (4, OLD.site_id); END;
CREATE TRIGGER note_new_look AFTER INSERT ON site_look BEGIN
  INSERT INTO change (kind, id) VALUES (4, NEW.site_id); END;
CREATE TRIGGER note_look AFTER UPDATE ON site_look BEGIN
  INSERT INTO change (kind, id) VALUES (4, NEW.site_id); END;
CREATE TRIGGER note_decision AFTER INSERT ON decision BEGIN
  INSERT INTO change (kind, id) VALUES (4, NEW.site_id); END;
CREATE TRIGGER note_deleted_decision AFTER DELETE ON decision BEGIN
  INSERT INTO change (kind, id) VALUES (4, OLD.site_id); END;
CREATE TRIGGER note_new_category AFTER INSERT ON category BEGIN
  INSERT INTO change (kind, id) VALUES (5, NEW.category_id); END;
CREATE TRIGGER note_category AFTER UPDATE OF name ON category BEGIN
  INSERT INTO change (kind, id) VALUES (5, NEW.category_id); END;
CREATE TRIGGER note_deleted_category AFTER DELETE ON category BEGIN
  INSERT INTO change (kind, id) VALUES (5, OLD.category_id); END;
CREATE TRIGGER note_new_entry AFTER INSERT ON entry WHEN NEW.is_further = 1 BEGIN
  INSERT INTO change (kind, id) VALUES (6, NEW.link_id); END;
CREATE TRIGGER note_deleted_entry AFTER DELETE ON entry WHEN OLD.is_further = 1 BEGIN
  INSERT INTO change (kind, id) VALUES (6, OLD.link_id); END;
CREATE TRIGGER note_changed_entry AFTER UPDATE ON entry
  WHEN (OLD.feed_id, OLD.guid_key, OLD.link_id, OLD.is_further)
    IS NOT (NEW.feed_id, NEW.guid_key, NEW.link_id, NEW.is_further) BEGIN
  INSERT INTO change (kind, id) VALUES (6, OLD.link_id), (6, NEW.link_id); END;
CREATE TRIGGER note_new_report AFTER INSERT ON report BEGIN
  INSERT INTO change (kind, id) VALUES (7, NEW.report_id); END;
CREATE TRIGGER note_deleted_report AFTER DELETE ON report BEGIN
  INSERT INTO change (kind, id) VALUES (7, OLD.report_id); END;
CREATE TRIGGER note_changed_report AFTER UPDATE ON report BEGIN
  INSERT INTO change (kind, id) VALUES (7, OLD.report_id); END;
CREATE TRIGGER note_new_hour AFTER INSERT ON hour BEGIN
  INSERT INTO change (kind, id) VALUES (8, NEW.hour_at); END;
CREATE TRIGGER note_hour AFTER UPDATE ON hour BEGIN
  INSERT INTO change (kind, id) VALUES (8, NEW.hour_at); END;
CREATE TRIGGER note_deleted_hour AFTER DELETE ON hour BEGIN
  INSERT INTO change (kind, id) VALUES (8, OLD.hour_at); END;
CREATE TRIGGER note_week AFTER INSERT ON weight_week BEGIN
  INSERT INTO change (kind, id) VALUES (9, NEW.week); END;
CREATE TRIGGER note_deleted_week AFTER DELETE ON weight_week BEGIN
  INSERT INTO change (kind, id) VALUES (9, OLD.week); END;
CREATE TRIGGER note_outage AFTER INSERT ON outage BEGIN
  INSERT INTO change (kind, id) VALUES (10, 0); END;
CREATE TRIGGER note_changed_outage AFTER UPDATE ON outage BEGIN
  INSERT INTO change (kind, id) VALUES (10, 0); END;
CREATE TRIGGER note_deleted_outage AFTER DELETE ON outage BEGIN
  INSERT INTO change (kind, id) VALUES (10, 0); END;
CREATE TRIGGER note_batch AFTER INSERT ON batch BEGIN
  INSERT INTO change (kind, id, last_id)
    VALUES (11, NEW.batch_id, abs(random() % 9007199254740992)); END;
)sql";

class SqliteSource final : public ReplicaSource {
 public:
  SqliteSource(const std::string& folder, schemas::StoreSettings settings)
      : settings_(std::move(settings)) {
    settings_.path = folder + "/source.db";
    EXPECT_EQ(OpenFileWriter(settings_, "test").detail, "");
    auto lock = std::make_unique<sqlite::WriterLock>();
    EXPECT_EQ(lock->Take(settings_.path, "test"), sqlite::WriterLock::Result::kTaken);
    auto database = Open(sqlite::Access::kReadWrite);
    int result = 0;
    sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, &result);
    sqlite::SetWriterPragmas(*database, settings_);
    // Deleted with their feed or site, whose triggers tell of them.
    database->Execute(kLog);
    writer_ = std::make_unique<sqlite::Writer>(std::move(lock), std::move(database), settings_);
  }

  Writer& writer() override { return *writer_; }
  std::unique_ptr<Reader> OpenReader() override { return OpenFileReader(settings_).reader; }
  std::unique_ptr<sql::Database> Connect() override { return Open(sqlite::Access::kReadOnly); }
  void Execute(const std::string& sql) override {
    Open(sqlite::Access::kReadWrite)->Execute(sql.c_str());
  }

 private:
  std::unique_ptr<sqlite::Database> Open(sqlite::Access access) {
    return std::make_unique<sqlite::Database>(settings_.path, access, kBusyTimeoutMs, 0);
  }

  schemas::StoreSettings settings_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace

std::unique_ptr<ReplicaSource> MakeReplicaSource(const std::string& folder,
                                                 const schemas::StoreSettings& settings) {
  return std::make_unique<SqliteSource>(folder, settings);
}

}  // namespace saunter::store::replica
