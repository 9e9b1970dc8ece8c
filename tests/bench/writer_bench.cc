// writer_bench [LINKS [PAIRS]]: the batched writer against plain prepared inserts into the same
// tables, in links/s, turn and turn about, each into a fresh database.
//
// The plain side knows every row id beforehand and asks nothing: the least that storing the same
// rows with the same pragmas in transactions of the same size can cost.

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "schemas/sql.h"
#include "store/writer.h"
#include "tests/bench/crawl_batches.h"
#include "tests/support/files.h"

namespace saunter::bench {
namespace {

constexpr int kLinks = 200000;
constexpr int kPairs = 5;

std::unique_ptr<store::Writer> NewDatabase(const std::string& path, int feeds) {
  schemas::StoreSettings settings;
  settings.path = path;
  auto opened = store::OpenWriter(settings, "writer_bench");
  if (!opened.writer) {
    std::printf("%s\n", opened.detail.c_str());
    std::exit(1);
  }
  AddFeeds(*opened.writer, feeds);
  return std::move(opened.writer);
}

// Sets the size of the database that was written.
double TimeWriter(int feeds, std::uintmax_t& bytes) {
  const support::TemporaryDirectory folder;
  const auto path = folder.File("saunter.db");
  auto writer = NewDatabase(path, feeds);
  const auto took = TimeWrites(*writer, feeds);
  writer->CheckpointTruncate();
  bytes = std::filesystem::file_size(path);
  return took;
}

// The rows of the same batches, one prepared insert a row.
class PlainInserts {
 public:
  explicit PlainInserts(const std::string& path)
      : database_(path, SQLite::OPEN_READWRITE, 5000),
        link_(Prepare("INSERT INTO link (site_id, url_key, source_id, feed_id, is_listed, "
                      "first_seen_at, published_at, updated_at, next_check_at, language, "
                      "categories, url, title, author, summary) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, "
                      "?, '1,2', ?, ?, ?, ?)")),
        entry_(Prepare("INSERT INTO entry (feed_id, guid_key, link_id, content_key, is_further) "
                       "VALUES (?, ?, ?, ?, 0)")),
        pool_(Prepare("INSERT INTO pool (link_id, site_id, source_id, feed_id, published_at, "
                      "language, categories) VALUES (?, ?, ?, ?, ?, ?, '1,2')")),
        fetch_(Prepare("INSERT INTO fetch (feed_id, slot, fetched_at, outcome, status, "
                       "wire_bytes, body_bytes, duration_ms, entries, entries_new, reason, "
                       "next_check_at, next_check_reason) VALUES (?, 0, ?, 0, 200, 0, 0, 0, 20, "
                       "20, ?, ?, ?)")),
        feed_(Prepare("UPDATE feed SET title = ?, etag = ?, checked_at = ?, next_check_at = ?, "
                      "next_check_reason = ?, fetch_count = 1 WHERE feed_id = ?")) {}

  void Write(const schemas::WriteBatch& batch) {
    database_.exec("BEGIN IMMEDIATE");
    for (const auto& crawl : batch.crawls) WriteCrawl(crawl);
    database_.exec("COMMIT");
  }

 private:
  SQLite::Statement Prepare(const char* sql) {
    if (!prepared_) {
      for (const auto* pragma :
           {"PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON",
            "PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0", "PRAGMA temp_store = MEMORY",
            "PRAGMA secure_delete = OFF", "PRAGMA cache_size = -65536",
            "INSERT INTO category (category_id, name) VALUES (1, 'walks'), (2, 'books')"}) {
        database_.exec(pragma);
      }
      prepared_ = true;
    }
    return {database_, sql};
  }

  void WriteCrawl(const schemas::CrawlResult& crawl) {
    for (const auto& entry : crawl.entries) {
      ++link_id_;
      const auto id = crawl.feed.feed_id;
      Run(link_, id, entry.url_key, id, id, kNow, *entry.published_at, nullptr, entry.next_check_at,
          entry.language, entry.url, entry.title, entry.author, entry.summary);
      Run(entry_, crawl.feed.feed_id, entry.guid_key, link_id_, entry.content_key);
      Run(pool_, link_id_, id, id, id, *entry.published_at, entry.language);
    }
    Run(fetch_, crawl.feed.feed_id, kNow, crawl.fetch.reason, crawl.feed.next_check_at,
        crawl.feed.next_check_reason);
    Run(feed_, crawl.feed.title, crawl.feed.etag, *crawl.feed.checked_at, crawl.feed.next_check_at,
        crawl.feed.next_check_reason, crawl.feed.feed_id);
  }

  static void Bind(SQLite::Statement& statement, int index, std::int64_t value) {
    statement.bind(index, value);
  }
  static void Bind(SQLite::Statement& statement, int index, const std::string& value) {
    statement.bindNoCopy(index, value);
  }
  static void Bind(SQLite::Statement& statement, int index, std::nullptr_t) {
    statement.bind(index);
  }
  template <typename... Values>
  static void Run(SQLite::Statement& statement, const Values&... values) {
    int index = 0;
    (Bind(statement, ++index, values), ...);
    statement.exec();
    statement.reset();
  }

  SQLite::Database database_;
  bool prepared_ = false;
  schemas::Id link_id_ = 0;
  SQLite::Statement link_;
  SQLite::Statement entry_;
  SQLite::Statement pool_;
  SQLite::Statement fetch_;
  SQLite::Statement feed_;
};

double TimePlain(int feeds) {
  const support::TemporaryDirectory folder;
  // Made and filled with feeds by the writer, which then lets go of it.
  NewDatabase(folder.File("saunter.db"), feeds).reset();
  PlainInserts inserts(folder.File("saunter.db"));
  return TimeBatches(feeds, [&](const schemas::WriteBatch& batch) { inserts.Write(batch); });
}

int Run(int links, int pairs) {
  const int feeds = std::max(1, links / kEntriesPerFeed);
  const double written = static_cast<double>(feeds) * kEntriesPerFeed;
  std::vector<double> ratios;
  std::uintmax_t bytes = 0;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto plain = TimePlain(feeds);
    const auto writer = TimeWriter(feeds, bytes);
    ratios.push_back(plain / writer);
    std::printf("pair %d: writer %.0f links/s, plain inserts %.0f links/s, ratio %.2f\n", pair + 1,
                written / writer, written / plain, ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf(
      "writer_bench: %.0f links, ratio to plain prepared inserts: min %.2f, median %.2f, "
      "max %.2f (bar 0.70)\n",
      written, ratios.front(), ratios[ratios.size() / 2], ratios.back());
  std::printf("writer_bench: %.0f bytes a link on the disk\n",
              static_cast<double>(bytes) / written);
  return 0;
}

}  // namespace
}  // namespace saunter::bench

int main(int argc, char** argv) {
  const int links =
      argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : saunter::bench::kLinks;
  const int pairs =
      argc > 2 ? static_cast<int>(std::strtol(argv[2], nullptr, 10)) : saunter::bench::kPairs;
  return saunter::bench::Run(std::max(links, 1), std::max(pairs, 1));
}
