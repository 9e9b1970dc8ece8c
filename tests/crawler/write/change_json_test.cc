#include "crawler/write/change_json.h"

#include <gmock/gmock.h>

namespace saunter::crawler::write {
namespace {

using ::testing::HasSubstr;

schemas::AddFeed Feed() {
  schemas::AddFeed change;
  change.url = "https://www.example.com/feed?x=1";
  change.host = "example.com";
  change.registrable_domain = "example.com";
  change.title = "“Title” \n\\";
  change.site_url = "https://example.com/";
  change.category = "食";
  change.added_at = 17;
  change.next_check_at = -18;
  return change;
}

schemas::AddBlacklist Blacklisting(const std::string& pattern) {
  schemas::AddBlacklist change;
  change.entry.pattern = pattern;
  change.entry.reason = "spam";
  change.entry.added_at = 3;
  return change;
}

TEST(ChangeJson, CarriesEveryFieldOfEveryChange) {
  auto entry = Blacklisting("*.example.com");
  entry.entry.until_at = 0;
  const auto parsed = ParseChanges(
      PrintChanges({Feed(), schemas::RemoveFeed{"https://a.example/"},
                    schemas::SetFeedState{"https://a.example/", schemas::FeedState::kPaused}, entry,
                    Blacklisting("example.com/x"), schemas::RemoveBlacklist{"example.com"},
                    schemas::DecideReports{7, schemas::ReportDecision::kUpheld}}));
  ASSERT_TRUE(parsed.changes) << parsed.problem;
  ASSERT_EQ(parsed.changes->size(), 7U);
  const auto& feed = std::get<schemas::AddFeed>(parsed.changes->at(0));
  EXPECT_EQ(feed.url, Feed().url);
  EXPECT_EQ(feed.host, "example.com");
  EXPECT_EQ(feed.registrable_domain, "example.com");
  EXPECT_EQ(feed.title, Feed().title);
  EXPECT_EQ(feed.site_url, "https://example.com/");
  EXPECT_EQ(feed.category, "食");
  EXPECT_EQ(feed.added_at, 17);
  EXPECT_EQ(feed.next_check_at, -18);
  EXPECT_EQ(std::get<schemas::RemoveFeed>(parsed.changes->at(1)).url, "https://a.example/");
  const auto& state = std::get<schemas::SetFeedState>(parsed.changes->at(2));
  EXPECT_EQ(state.url, "https://a.example/");
  EXPECT_EQ(state.state, schemas::FeedState::kPaused);
  const auto& suffix = std::get<schemas::AddBlacklist>(parsed.changes->at(3)).entry;
  EXPECT_EQ(suffix.pattern, "*.example.com");
  EXPECT_EQ(suffix.source, schemas::BlacklistSource::kOperator);
  EXPECT_EQ(suffix.reason, "spam");
  EXPECT_EQ(suffix.added_at, 3);
  EXPECT_EQ(suffix.until_at, 0);
  const auto& decided = std::get<schemas::DecideReports>(parsed.changes->at(6));
  EXPECT_EQ(decided.link_id, 7);
  EXPECT_EQ(decided.decision, schemas::ReportDecision::kUpheld);
  EXPECT_FALSE(std::get<schemas::AddBlacklist>(parsed.changes->at(4)).entry.until_at);
  EXPECT_EQ(std::get<schemas::RemoveBlacklist>(parsed.changes->at(5)).pattern, "example.com");
}

TEST(ChangeJson, CarriesWhatAnEditNamesAndNoMore) {
  schemas::EditFeed title{.url = "https://a.example/", .title = "“Mine”", .category = {}};
  schemas::EditFeed category{.url = "https://a.example/", .title = {}, .category = ""};
  const auto parsed = ParseChanges(PrintChanges({title, category}));
  ASSERT_TRUE(parsed.changes) << parsed.problem;
  const auto& first = std::get<schemas::EditFeed>(parsed.changes->at(0));
  EXPECT_EQ(first.url, "https://a.example/");
  EXPECT_EQ(first.title, "“Mine”");
  EXPECT_EQ(first.category, std::nullopt);
  const auto& second = std::get<schemas::EditFeed>(parsed.changes->at(1));
  EXPECT_EQ(second.title, std::nullopt);
  EXPECT_EQ(second.category, "");
}

TEST(ChangeJson, CarriesAnImportAndItsUndoing) {
  auto feed = Feed();
  feed.import_key = 9007199254740993;
  auto entry = Blacklisting("example.com");
  entry.import_key = 7;
  const schemas::BeginImport begin{.import_key = 9007199254740993,
                                   .kind = schemas::ImportKind::kBlacklist,
                                   .source = "list.txt",
                                   .started_at = 1700000000};
  const auto parsed =
      ParseChanges(PrintChanges({begin, feed, entry, schemas::RemoveFeed{feed.url, 3},
                                 schemas::RemoveBlacklist{"example.com", 4},
                                 schemas::EndUndo{.import_id = 5, .undone_at = 1700000001}}));
  ASSERT_TRUE(parsed.changes) << parsed.problem;
  const auto& changes = *parsed.changes;
  const auto& begun = std::get<schemas::BeginImport>(changes.at(0));
  EXPECT_EQ(begun.import_key, begin.import_key);
  EXPECT_EQ(begun.kind, begin.kind);
  EXPECT_EQ(begun.source, begin.source);
  EXPECT_EQ(begun.started_at, begin.started_at);
  EXPECT_EQ(std::get<schemas::AddFeed>(changes.at(1)).import_key, feed.import_key);
  EXPECT_EQ(std::get<schemas::AddBlacklist>(changes.at(2)).import_key, 7);
  EXPECT_EQ(std::get<schemas::RemoveFeed>(changes.at(3)).import_id, 3);
  EXPECT_EQ(std::get<schemas::RemoveBlacklist>(changes.at(4)).import_id, 4);
  EXPECT_EQ(std::get<schemas::EndUndo>(changes.at(5)).import_id, 5);
  EXPECT_EQ(std::get<schemas::EndUndo>(changes.at(5)).undone_at, 1700000001);
}

TEST(ChangeJson, RepairsATitleThatIsNotUtf8Leniently) {
  auto feed = Feed();
  feed.title = "caf\xe9";
  const auto parsed = ParseChanges(PrintChanges({feed}));
  ASSERT_TRUE(parsed.changes) << parsed.problem;
  EXPECT_EQ(std::get<schemas::AddFeed>(parsed.changes->at(0)).title, "caf\xef\xbf\xbd");
}

TEST(ChangeJson, NamesWhatItDoesNotUnderstand) {
  auto other_host = Feed();
  other_host.host = "other.example";
  auto by_rule = Blacklisting("example.com");
  by_rule.entry.source = schemas::BlacklistSource::kRule;
  const std::pair<std::string, const char*> cases[] = {
      {"", "parse error"},
      {"{", "parse error"},
      {"[]", "not understood"},
      {"{}", "changes"},
      {R"({"changes":[{}]})", "kind"},
      {R"({"changes":[{"kind":"drop_table"}]})", "unknown kind: drop_table"},
      {R"({"changes":[{"kind":"remove_feed"}]})", "url"},
      {R"({"changes":[{"kind":"remove_feed","url":7}]})", "type must be string"},
      {PrintChanges({schemas::RemoveFeed{"HTTPS://a.example"}}), "not a normalised URL"},
      {PrintChanges({schemas::RemoveFeed{"file:///etc/passwd"}}), "not a normalised URL"},
      {PrintChanges({Blacklisting("*.com")}), "not a normalised pattern: *.com"},
      {PrintChanges({Blacklisting("WWW.example.com")}), "not a normalised pattern"},
      {PrintChanges({other_host}), "not the site of"},
      {PrintChanges({by_rule}), "only the crawler itself"},
      {R"({"changes":[{"kind":"set_feed_state","url":"https://a.example/","state":"x"}]})",
       "unknown state"},
  };
  for (const auto& [text, problem] : cases) {
    const auto parsed = ParseChanges(text);
    EXPECT_FALSE(parsed.changes) << text;
    EXPECT_THAT(parsed.problem, HasSubstr(problem)) << text;
  }
}

TEST(ChangeJson, CarriesAReceipt) {
  ChangeReceipt receipt;
  receipt.committed = true;
  receipt.batch_id = 1234567890123;
  receipt.outcomes = {schemas::ChangeOutcome::kDone, schemas::ChangeOutcome::kAlreadyKnown,
                      schemas::ChangeOutcome::kNotFound, schemas::ChangeOutcome::kBlacklisted,
                      schemas::ChangeOutcome::kWanted};
  auto parsed = ParseReceipt(PrintReceipt(receipt));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->committed);
  EXPECT_EQ(parsed->batch_id, receipt.batch_id);
  EXPECT_EQ(parsed->outcomes, receipt.outcomes);
  ChangeReceipt refusal;
  refusal.problem = "disk full";
  parsed = ParseReceipt(PrintReceipt(refusal));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->committed);
  EXPECT_EQ(parsed->problem, "disk full");
  for (const auto* text : {"", "{}", "7", R"({"batch_id":1,"outcomes":["odd"]})"}) {
    EXPECT_FALSE(ParseReceipt(text)) << text;
  }
}

}  // namespace
}  // namespace saunter::crawler::write
