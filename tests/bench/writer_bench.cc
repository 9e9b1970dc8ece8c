// writer_bench [LINKS [PAIRS]]: the batched writer against plain prepared inserts into the same
// tables, in links/s, turn and turn about, each into a fresh database.
//
// The plain side knows every row id beforehand and asks nothing: the least that storing the same
// rows with the same pragmas in transactions of the same size can cost.

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "crawler/url/url.h"
#include "schemas/sql.h"
#include "store/writer.h"
#include "tests/support/files.h"

namespace saunter::bench {
namespace {

constexpr int kLinks = 200000;
constexpr int kPairs = 5;
constexpr int kEntriesPerFeed = 20;
constexpr int kFeedsPerBatch = 250;
constexpr schemas::UnixSeconds kNow = 1700000000;

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

std::string HostOf(int feed) { return "site" + std::to_string(feed) + ".example"; }

schemas::CrawlResult MakeCrawl(int feed) {
  schemas::CrawlResult crawl;
  crawl.feed.feed_id = feed + 1;
  crawl.feed.url = "https://" + HostOf(feed) + "/feed";
  crawl.feed.host = HostOf(feed);
  crawl.feed.registrable_domain = HostOf(feed);
  crawl.feed.title = "Site number " + std::to_string(feed);
  crawl.feed.etag = "\"abcdef0123456789\"";
  crawl.feed.checked_at = kNow;
  crawl.feed.next_check_at = kNow + 3600 + feed;
  crawl.feed.next_check_reason = "adaptive";
  crawl.fetch.fetched_at = kNow;
  crawl.fetch.reason = "rss 2.0, 20 entries";
  for (int i = 0; i < kEntriesPerFeed; ++i) {
    schemas::EntryIntake entry;
    entry.url = "https://" + HostOf(feed) + "/2023/a-post-with-a-name-" + std::to_string(i);
    entry.url_key = schemas::ShortKey(crawler::url::UrlKey(entry.url));
    entry.guid_key = schemas::ShortKey(crawler::url::TextKey(entry.url));
    entry.content_key = (entry.guid_key + 1) & schemas::kContentKeyMask;
    entry.host = HostOf(feed);
    entry.registrable_domain = HostOf(feed);
    entry.title = "A post with a name, number " + std::to_string(i);
    entry.author = "Ann Author";
    entry.language = "en";
    entry.summary = std::string(200, 's');
    entry.categories = {"walks", "books"};
    entry.published_at = kNow - i * 86400;
    entry.next_check_at = kNow + i;
    crawl.entries.push_back(std::move(entry));
  }
  return crawl;
}

// Calls `write` with one batch after another, and gives the seconds that it took for all of them.
template <typename Write>
double TimeBatches(int feeds, Write write) {
  double seconds = 0;
  for (int feed = 0; feed < feeds;) {
    schemas::WriteBatch batch;
    for (int i = 0; i < kFeedsPerBatch && feed < feeds; ++i) {
      batch.crawls.push_back(MakeCrawl(feed++));
    }
    const auto start = std::chrono::steady_clock::now();
    write(batch);
    seconds += Seconds(start);
  }
  return seconds;
}

void AddFeeds(store::Writer& writer, int feeds) {
  schemas::WriteBatch batch;
  for (int feed = 0; feed < feeds; ++feed) {
    batch.changes.emplace_back(schemas::AddFeed{.url = "https://" + HostOf(feed) + "/feed",
                                                .host = HostOf(feed),
                                                .registrable_domain = HostOf(feed),
                                                .title = {},
                                                .site_url = {},
                                                .category = {},
                                                .added_at = kNow,
                                                .next_check_at = kNow});
  }
  const auto transaction = writer.Begin(kNow);
  transaction->Apply(batch);
  transaction->Commit(store::WriteTransaction::Durability::kNormal);
}

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
  const auto took = TimeBatches(feeds, [&](const schemas::WriteBatch& batch) {
    const auto transaction = writer->Begin(kNow);
    transaction->Apply(batch);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
  });
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
