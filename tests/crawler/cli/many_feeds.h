// `saunter` over a database whose feeds have been asked already.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "crawler/cli/database.h"
#include "crawler/cli/print.h"
#include "store/writer.h"
#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {

class ManyFeedsTest : public SaunterTest {
 protected:
  void Add(const std::vector<std::string>& urls) {
    std::string list;
    for (const auto& url : urls) list += url + "\n";
    ASSERT_EQ(Run({"import", "-"}, list).exit_code, 0);
  }
  // As a fetch leaves it, with this many links.
  void Fetch(const std::string& url, schemas::FetchOutcome outcome, int links = 0,
             const std::string& language = "en") {
    const auto feed_id = OpenReader(settings())->FindFeedId(url);
    ASSERT_TRUE(feed_id) << url;
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *OpenReader(settings())->FindFeed(*feed_id);
    crawl.feed.checked_at = Now();
    crawl.feed.last_outcome = outcome;
    crawl.feed.error_count = outcome == schemas::FetchOutcome::kOk ? 0 : 1;
    crawl.feed.language = language;
    for (int i = 0; i < links; ++i) {
      auto& entry = crawl.entries.emplace_back();
      entry.url = url + "/" + std::to_string(i);
      entry.guid_key = entry.url_key = entry.content_key = i + 1;
      entry.host = crawl.feed.host;
      entry.registrable_domain = crawl.feed.registrable_domain;
      entry.title = "Post";
    }
    auto opened = store::OpenWriter(settings().store, "test");
    ASSERT_EQ(opened.status, store::OpenStatus::kOk) << opened.detail;
    const auto transaction = opened.writer->Begin(Now());
    transaction->Apply(batch);
    transaction->Commit(store::WriteTransaction::Durability::kNormal);
  }
  // What `feed list --urls` with these arguments prints.
  std::string Urls(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"feed", "list", "--urls"});
    const auto completed = Run(std::move(arguments));
    EXPECT_EQ(completed.exit_code, 0) << completed.errors;
    return completed.output;
  }
  std::string Count(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"feed", "list", "--count"});
    return Run(std::move(arguments)).output;
  }
};

}  // namespace saunter::crawler::cli
