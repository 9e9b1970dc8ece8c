#include "tests/store/fixture.h"

#include <gtest/gtest.h>

#include <functional>

namespace saunter::store {

StoreTest::StoreTest() { engine_->NameIn(settings_); }

void StoreTest::OpenWriter() {
  auto opened = engine_->OpenWriter(settings_);
  ASSERT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
  writer_ = std::move(opened.writer);
}

std::unique_ptr<Reader> StoreTest::OpenReader() {
  auto opened = engine_->OpenReader(settings_);
  EXPECT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
  return std::move(opened.reader);
}

AppliedBatch StoreTest::Write(const schemas::WriteBatch& batch) {
  const auto transaction = writer_->Begin(kNow);
  auto applied = transaction->Apply(batch);
  transaction->Commit(WriteTransaction::Durability::kNormal);
  return applied;
}

std::optional<schemas::DueFeed> StoreTest::FindFeed(const std::string& url) {
  const auto reader = OpenReader();
  const auto listed = reader->FindFeed(url);
  return listed ? reader->FindFeed(listed->feed_id) : std::nullopt;
}

std::optional<schemas::BlacklistEntry> StoreTest::FindBlacklistEntry(std::string_view pattern) {
  for (auto& entry : OpenReader()->Blacklist()) {
    if (entry.pattern == pattern) return std::move(entry);
  }
  return std::nullopt;
}

schemas::Id StoreTest::AddFeed(const std::string& url, const std::string& host) {
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::AddFeed{.url = url,
                                              .host = host,
                                              .registrable_domain = host,
                                              .title = {},
                                              .site_url = {},
                                              .category = {},
                                              .added_at = kNow,
                                              .next_check_at = kNow});
  Write(batch);
  return OpenReader()->FindFeed(url)->feed_id;
}

void StoreTest::Remove(const std::string& url) {
  schemas::WriteBatch batch;
  batch.changes.emplace_back(schemas::RemoveFeed{url});
  while (Write(batch).is_removing) batch.changes.clear();
}

void StoreTest::Crawl(schemas::Id feed_id, std::vector<schemas::EntryIntake> entries,
                      const std::string& speaks_for) {
  schemas::WriteBatch batch;
  auto& crawl = batch.crawls.emplace_back();
  if (const auto feed = OpenReader()->FindFeed(feed_id)) crawl.feed = *feed;
  crawl.feed.feed_id = feed_id;
  crawl.feed.checked_at = kNow;
  crawl.feed.next_check_at = kNow + 3600;
  crawl.fetch.fetched_at = kNow;
  crawl.fetch.entries = static_cast<int>(entries.size());
  crawl.entries = std::move(entries);
  crawl.speaks_for = speaks_for;
  Write(batch);
}

std::vector<std::string> StoreTest::PoolUrls() {
  auto reader = OpenReader();
  std::vector<std::string> urls;
  Page page;
  while (true) {
    const auto rows = reader->PoolRows(page);
    for (const auto& row : rows) urls.push_back(reader->FindLink(row.link_id)->url);
    if (std::ssize(rows) < page.count_max) break;
    page.after = rows.back().link_id;
  }
  return urls;
}

schemas::EntryIntake Entry(const std::string& host, int number) {
  schemas::EntryIntake entry;
  entry.url = "https://" + host + "/" + std::to_string(number);
  entry.guid_key = number;
  entry.url_key = static_cast<schemas::Key>(std::hash<std::string>()(entry.url));
  entry.host = host;
  entry.registrable_domain = host;
  entry.title = "Post " + std::to_string(number);
  entry.language = "en";
  entry.categories = {"walks", "books"};
  entry.published_at = kNow - number;
  entry.next_check_at = kNow;
  entry.content_key = number;
  return entry;
}

schemas::ProbeResult Probe(schemas::Id link_id, schemas::LinkState state) {
  schemas::ProbeResult probe;
  probe.link_id = link_id;
  probe.state = state;
  probe.checked_at = kNow;
  probe.next_check_at = kNow + 1000;
  return probe;
}

}  // namespace saunter::store
