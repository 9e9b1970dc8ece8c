#include "tests/api/database.h"

#include <functional>
#include <stdexcept>

namespace saunter::api {
namespace {

schemas::Key KeyOf(const std::string& text) {
  return static_cast<schemas::Key>(std::hash<std::string>{}(text));
}

std::string FeedUrl(const std::string& host) { return "https://" + host + "/feed.xml"; }

}  // namespace

TestDatabase::TestDatabase(const std::string& path) {
  settings_.path = path;
  auto opened = store::OpenFileWriter(settings_, "api_test");
  if (!opened.writer) throw std::runtime_error(opened.detail);
  writer_ = std::move(opened.writer);
  reader_ = store::OpenFileReader(settings_).reader;
  if (!reader_) throw std::runtime_error("the database just written does not open");
}

TestDatabase::~TestDatabase() = default;

void TestDatabase::Apply(const schemas::WriteBatch& batch) { ApplyAt(kTestNow, batch); }

void TestDatabase::ApplyAt(schemas::UnixSeconds now, const schemas::WriteBatch& batch) {
  const auto transaction = writer_->Begin(now);
  transaction->Apply(batch);
  transaction->Commit(store::WriteTransaction::Durability::kNormal);
}

schemas::Id TestDatabase::FeedOf(const std::string& host) {
  if (const auto feed = reader_->FindFeed(FeedUrl(host))) return feed->feed_id;
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::AddFeed{.url = FeedUrl(host),
                                              .host = host,
                                              .registrable_domain = host,
                                              .title = host,
                                              .site_url = "https://" + host + "/",
                                              .category = {},
                                              .added_at = kTestNow,
                                              .next_check_at = kTestNow});
  Apply(batch);
  return reader_->FindFeed(FeedUrl(host)).value().feed_id;
}

void TestDatabase::AddFeedOnly(const std::string& host) { FeedOf(host); }

void TestDatabase::AddPosts(const std::string& host, const std::vector<Post>& posts) {
  AddPostsAt(kTestNow, host, posts);
}

void TestDatabase::AddPostsAt(schemas::UnixSeconds now, const std::string& host,
                              const std::vector<Post>& posts) {
  const auto feed_id = FeedOf(host);
  schemas::CrawlResult crawl;
  crawl.feed = reader_->FindFeed(feed_id).value();
  crawl.feed.feed_id = feed_id;
  crawl.feed.checked_at = now;
  crawl.feed.ok_at = now;
  crawl.feed.last_outcome = schemas::FetchOutcome::kOk;
  crawl.fetch.fetched_at = now;
  crawl.fetch.status = 200;
  for (const auto& post : posts) {
    schemas::EntryIntake entry;
    entry.guid_key = KeyOf(post.url);
    entry.url_key = KeyOf(post.url);
    entry.url = post.url;
    entry.host = host;
    entry.registrable_domain = host;
    entry.title = post.title;
    entry.language = post.language;
    entry.categories = post.categories;
    entry.published_at = post.published_at;
    entry.summary = post.summary;
    entry.next_check_at = now + 3600;
    entry.content_key = KeyOf(post.url + post.title);
    crawl.entries.push_back(std::move(entry));
  }
  schemas::WriteBatch batch;
  batch.crawls.push_back(std::move(crawl));
  ApplyAt(now, batch);
}

void TestDatabase::AddSite(const std::string& host, std::int64_t count) {
  std::vector<Post> posts;
  posts.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    posts.push_back({.url = "https://" + host + "/" + std::to_string(i)});
  }
  AddPosts(host, posts);
}

void TestDatabase::BlacklistSite(const std::string& host) { BlacklistSite(host, kTestNow); }

void TestDatabase::BlacklistSite(const std::string& host, schemas::UnixSeconds now) {
  const auto transaction = writer_->Begin(now);
  const schemas::BlacklistEntry entry{.pattern = host,
                                      .source = schemas::BlacklistSource::kOperator,
                                      .reason = "test",
                                      .added_at = now,
                                      .until_at = {}};
  transaction->PutBlacklistEntry(entry);
  for (const auto& site : transaction->SitesUnder(host)) {
    transaction->SetSiteBlacklisting({.site_id = site.site_id, .entry = entry});
  }
  transaction->Commit(store::WriteTransaction::Durability::kNormal);
}

std::vector<schemas::PoolRow> TestDatabase::Pool() {
  return reader_->PoolRows({.after = 0, .count_max = 1'000'000});
}

}  // namespace saunter::api
