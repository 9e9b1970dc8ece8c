// What a reader's request looks up takes the same steps, however large what it asks for is.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/reader.h"
#include "tests/store/fixture.h"

namespace saunter::store::sqlite {
namespace {

class LookupTest : public StoreTest {
 protected:
  void AddLinks(const std::string& host, int count) {
    const auto feed = AddFeed("https://" + host + "/rss", host);
    std::vector<schemas::EntryIntake> entries;
    for (int i = 0; i < count; ++i) {
      entries.push_back(Entry(host, ++number_));
      entries.back().categories = {"food"};
    }
    Crawl(feed, entries);
  }
  // Steps of SQLite's machine on a connection of its own.
  std::int64_t StepsOf(const std::function<void(Reader&)>& look) {
    auto owned = std::make_unique<Database>(settings_.path, Access::kReadOnly, 0, 0);
    auto* const handle = owned->handle();
    Reader reader(std::move(owned), settings_.path, {});
    look(reader);
    std::int64_t steps = 0;
    for (auto* statement = sqlite3_next_stmt(handle, nullptr); statement != nullptr;
         statement = sqlite3_next_stmt(handle, statement)) {
      steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    }
    return steps;
  }
  int number_ = 0;
};

TEST_F(LookupTest, FindsWhatLeftThePoolWithoutLookingAtTheRest) {
  OpenWriter();
  AddLinks("a.example", 3);
  const auto struck = [&](schemas::Id link_id, schemas::LinkState state, int strikes) {
    auto probe = Probe(link_id, state);
    probe.strikes = strikes;
    probe.struck_at = kNow;
    schemas::WriteBatch batch;
    batch.probes = {probe};
    Write(batch);
  };
  struck(1, schemas::LinkState::kDoubtful, 1);
  const auto left = [](Reader& reader) { EXPECT_EQ(reader.LinksThatLeft(kNow).size(), 1U); };
  const auto steps = StepsOf(left);
  AddLinks("b.example", 2000);
  for (schemas::Id link_id = 4; link_id < 1000; ++link_id) {
    struck(link_id, schemas::LinkState::kDead, 3);
  }
  EXPECT_EQ(StepsOf(left), steps);
}

TEST_F(LookupTest, TakesAsManyStepsForALargeSiteAsForASmallOne) {
  OpenWriter();
  AddLinks("small.example", 2);
  AddLinks("large.example", 3000);
  AddLinks("other.example", 1);
  const auto site = [](const char* host) {
    return [host](Reader& reader) { EXPECT_EQ(reader.FindSiteUncounted(host)->feeds, 1); };
  };
  EXPECT_EQ(StepsOf(site("large.example")), StepsOf(site("small.example")));
  const auto id = [](const char* host) {
    return [host](Reader& reader) { EXPECT_TRUE(reader.FindSiteId(host)); };
  };
  EXPECT_EQ(StepsOf(id("large.example")), StepsOf(id("small.example")));
  // The count is what grows.
  const auto counted = [](const char* host) {
    return [host](Reader& reader) { EXPECT_GT(reader.FindSite(host)->links_in_pool, 0); };
  };
  EXPECT_GT(StepsOf(counted("large.example")), 100 * StepsOf(site("small.example")));
}

TEST_F(LookupTest, TakesAsManyStepsForALinkAndTheNewestOnesInAFullDatabase) {
  OpenWriter();
  AddLinks("a.example", 60);
  const auto newest = [](Reader& reader) { EXPECT_EQ(reader.NewestLinks(50).size(), 50U); };
  const auto link = [](Reader& reader) {
    EXPECT_TRUE(reader.FindLink(1));
    EXPECT_EQ(reader.FindLinks({1, 2}).size(), 2U);
    EXPECT_EQ(reader.FeedCategoryOfLink(1), "");
  };
  const auto newest_before = StepsOf(newest);
  const auto link_before = StepsOf(link);
  AddLinks("b.example", 3000);
  EXPECT_EQ(StepsOf(newest), newest_before);
  EXPECT_EQ(StepsOf(link), link_before);
}

TEST_F(LookupTest, CountsNoLinksForTheListOfBlacklistedSites) {
  OpenWriter();
  AddLinks("a.example", 2);
  const auto blacklist = [&](const char* host) {
    const auto transaction = writer_->Begin(kNow);
    for (const auto& site : transaction->SitesUnder(host)) {
      transaction->SetSiteBlacklisting(
          {site.site_id, schemas::BlacklistEntry{.pattern = host,
                                                 .source = schemas::BlacklistSource::kOperator,
                                                 .reason = "spam",
                                                 .added_at = kNow,
                                                 .until_at = {}}});
    }
    transaction->Commit(WriteTransaction::Durability::kNormal);
  };
  blacklist("a.example");
  const auto list = [](Reader& reader) { EXPECT_EQ(reader.BlacklistedSites(50).size(), 1U); };
  const auto before = StepsOf(list);
  const auto feed = FindFeed("https://a.example/rss")->feed_id;
  std::vector<schemas::EntryIntake> entries;
  for (int i = 0; i < 3000; ++i) entries.push_back(Entry("a.example", ++number_));
  Crawl(feed, entries);
  EXPECT_EQ(StepsOf(list), before);
}

}  // namespace
}  // namespace saunter::store::sqlite
