// Feeds, links, sites and the blacklist, changed at random: the database stays one in which nothing
// is wrong.
#include <gmock/gmock.h>

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/store/fixture.h"

namespace saunter::store::sql {
namespace {

using schemas::LinkState;
using ::testing::IsEmpty;

const std::vector<std::pair<std::string, std::string>> kHosts = {
    {"a.example", "a.example"}, {"x.a.example", "a.example"},     {"feeds.a.example", "a.example"},
    {"b.example", "b.example"}, {"tilde.b.example", "b.example"}, {"c.example", "c.example"}};

class SourcesWhateverHappens : public StoreTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  SourcesWhateverHappens() : random_(GetParam()) {
    settings_.removal_rows_max = 3;  // larger feeds go in pieces
    // Every second time budgets are soon used up.
    if (GetParam() % 2 == 0) {
      settings_.site_links_max = 4;
      settings_.source_sites_max = 2;
      settings_.feed_words_max = 3;
      settings_.feed_languages_max = 1;
      settings_.feed_entries_max = 5;
      settings_.feed_links_per_day_max = 6;
    }
    OpenWriter();
  }

  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  const std::pair<std::string, std::string>& Host() { return kHosts[Below(kHosts.size())]; }
  static std::string FeedUrl(const std::string& host, std::size_t number) {
    return "https://" + host + "/feed" + std::to_string(number);
  }
  schemas::EntryIntake AnyEntry() {
    const auto& [host, domain] = Host();
    auto entry = Entry(host, static_cast<int>(Below(8)));
    entry.registrable_domain = domain;
    entry.guid_key = static_cast<schemas::Key>(Below(10));
    entry.content_key = static_cast<schemas::Key>(Below(1000));
    if (Below(3) == 0) entry.categories.clear();
    if (Below(3) == 0) entry.categories.push_back("word " + std::to_string(Below(12)));
    entry.language = std::vector<std::string>{"", "de", "fr", "pt"}[Below(4)];
    if (Below(3) == 0) entry.author = "Author " + std::to_string(Below(5));
    if (Below(3) == 0) entry.summary = "Summary " + std::to_string(Below(5));
    return entry;
  }
  std::vector<schemas::EntryIntake> AnyEntries() {
    std::vector<schemas::EntryIntake> entries(Below(9));
    for (auto& entry : entries) entry = AnyEntry();
    return entries;
  }
  std::optional<schemas::FeedListing> AnyFeed() {
    const auto feeds = OpenReader()->Feeds({});
    if (feeds.empty()) return std::nullopt;
    return feeds[Below(feeds.size())];
  }
  std::optional<schemas::Id> AnyLink() {
    auto reader = OpenReader();
    std::vector<LinkUrl> links;
    for (const auto& site : reader->Sites({})) {
      const auto of_site = reader->LinkUrls(site.site_id, {});
      links.insert(links.end(), of_site.begin(), of_site.end());
    }
    if (links.empty()) return std::nullopt;
    return links[Below(links.size())].link_id;
  }

  void Add(schemas::WriteBatch& batch) {
    const auto& [host, domain] = Host();
    batch.changes.emplace_back(schemas::AddFeed{.url = FeedUrl(host, Below(2)),
                                                .host = host,
                                                .registrable_domain = domain,
                                                .title = {},
                                                .site_url = {},
                                                .category = Below(2) == 0 ? "birds" : "",
                                                .added_at = kNow,
                                                .next_check_at = kNow});
  }
  void Fetch(schemas::WriteBatch& batch) {
    const auto feed = AnyFeed();
    if (!feed) return;
    auto& crawl = batch.crawls.emplace_back();
    crawl.feed = *OpenReader()->FindFeed(feed->feed_id);
    if (Below(5) == 0) {
      const auto& [host, domain] = Host();
      crawl.feed.url = FeedUrl(host, Below(2));
      crawl.feed.host = host;
      crawl.feed.registrable_domain = domain;
    }
    if (Below(8) > 0) crawl.feed.checked_at = kNow;
    if (Below(4) == 0) crawl.owner = schemas::FeedOwner::kOther;
    crawl.feed.error_count = static_cast<int>(Below(2));
    crawl.entries = AnyEntries();
  }
  void ChangeFeed(schemas::WriteBatch& batch) {
    const auto feed = AnyFeed();
    if (!feed) return;
    if (Below(2) == 0) {
      batch.changes.emplace_back(schemas::RemoveFeed{feed->url});
    } else {
      const auto paused = Below(2) == 0 ? schemas::FeedState::kPaused : schemas::FeedState::kActive;
      batch.changes.emplace_back(schemas::SetFeedState{feed->url, paused});
    }
  }
  void Look(schemas::WriteBatch& batch) {
    const auto link_id = AnyLink();
    if (!link_id) return;
    auto& probe = batch.probes.emplace_back(Probe(*link_id, static_cast<LinkState>(1 + Below(4))));
    if (probe.state == LinkState::kAlive) probe.verdict = schemas::Verdict::kAlive;
    if (Below(3) > 0) return;
    const auto entry = AnyEntry();
    probe.move = {entry.url, entry.url_key, entry.host, entry.registrable_domain};
  }
  void Blacklist() {
    const auto link_id = AnyLink();
    const auto sites = OpenReader()->Sites({});
    const auto transaction = writer_->Begin(kNow);
    if (!sites.empty()) {
      const auto site_id = sites[Below(sites.size())].site_id;
      transaction->SetSiteBlacklisting(
          {site_id, Below(2) == 0 ? std::optional(schemas::BlacklistEntry()) : std::nullopt});
    }
    if (link_id) transaction->SetLinkBlacklisting({*link_id, Below(2) == 0});
    transaction->Commit(WriteTransaction::Durability::kNormal);
  }
  void DoAnything() {
    if (Below(8) == 0) return Blacklist();
    schemas::WriteBatch batch;
    for (auto parts = 1 + Below(3); parts > 0; --parts) {
      const auto kind = Below(10);
      if (kind < 2) {
        Add(batch);
      } else if (kind < 6) {
        Fetch(batch);
      } else if (kind < 7) {
        ChangeFeed(batch);
      } else {
        Look(batch);
      }
    }
    // One in ten is rolled back, and what the writer remembers with it.
    const auto transaction = writer_->Begin(kNow);
    transaction->Apply(batch);
    if (Below(10) > 0) transaction->Commit(WriteTransaction::Durability::kNormal);
  }

  std::mt19937 random_;
};

TEST_P(SourcesWhateverHappens, LeaveADatabaseInWhichNothingIsWrong) {
  for (int i = 0; i < 120; ++i) {
    DoAnything();
    ASSERT_THAT(OpenReader()->Check(), IsEmpty()) << "after " << i;
  }
  for (auto feed = AnyFeed(); feed; feed = AnyFeed()) Remove(feed->url);
  EXPECT_EQ(OpenReader()->ReadStats().links, 0);
  EXPECT_EQ(OpenReader()->ReadStats().links_in_pool, 0);
  EXPECT_THAT(OpenReader()->Check(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, SourcesWhateverHappens, ::testing::Range(1U, 5U));

}  // namespace
}  // namespace saunter::store::sql
