// A database with feeds and their links, for commands that show them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "schemas/batch.h"
#include "schemas/link.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {

class FilledDatabase : public SaunterTest {
 protected:
  // A link of the site with no words, no language and no date.
  static schemas::EntryIntake Post(const std::string& host, int number) {
    schemas::EntryIntake entry;
    entry.url = "https://" + host + "/" + std::to_string(number);
    entry.guid_key = number;
    entry.url_key = static_cast<schemas::Key>(std::hash<std::string>()(entry.url));
    entry.host = host;
    entry.registrable_domain = host;
    entry.title = "Post " + std::to_string(number);
    entry.content_key = number;
    return entry;
  }

  // The feed https://HOST/feed, which lists these; with a category it is a word of each.
  void AddFeed(const std::string& host, std::vector<schemas::EntryIntake> entries,
               const std::string& category = {}) {
    const auto url = "https://" + host + "/feed";
    schemas::WriteBatch batch;
    batch.changes.emplace_back(schemas::AddFeed{.url = url,
                                                .host = host,
                                                .registrable_domain = host,
                                                .title = {},
                                                .site_url = {},
                                                .category = category,
                                                .added_at = 1700000000,
                                                .next_check_at = 1700000000});
    Write(batch);
    const auto reader = Reader();
    batch = {};
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *reader->FindFeed(reader->FindFeed(url)->feed_id);
    crawl.fetch.fetched_at = 1700000000;
    crawl.entries = std::move(entries);
    if (!category.empty()) {
      for (auto& entry : crawl.entries) entry.categories.push_back(category);
    }
    Write(batch);
  }

  void Write(const schemas::WriteBatch& batch) {
    auto opened = store::OpenWriter(settings().store, "test");
    ASSERT_EQ(opened.status, store::OpenStatus::kOk) << opened.detail;
    const auto transaction = opened.writer->Begin(1700000000);
    (void)transaction->Apply(batch);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
  }

  [[nodiscard]] std::unique_ptr<store::Reader> Reader() const {
    auto opened = store::OpenReader(settings().store);
    EXPECT_EQ(opened.status, store::OpenStatus::kOk) << opened.detail;
    return std::move(opened.reader);
  }
};

}  // namespace saunter::crawler::cli
