#include "tests/bench/crawl_batches.h"

#include <algorithm>

#include "crawler/url/url.h"

namespace saunter::bench {

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

void AddFeeds(store::Writer& writer, int feeds) {
  constexpr int kFeedsAdded = 10000;
  for (int feed = 0; feed < feeds;) {
    schemas::WriteBatch batch;
    for (const int end = std::min(feeds, feed + kFeedsAdded); feed < end; ++feed) {
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
}

double TimeWrites(store::Writer& writer, int feeds) {
  return TimeBatches(feeds, [&](const schemas::WriteBatch& batch) {
    const auto transaction = writer.Begin(kNow);
    transaction->Apply(batch);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
  });
}

}  // namespace saunter::bench
