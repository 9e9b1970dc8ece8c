#include "store/imports.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/store/fixture.h"

namespace saunter::store {
namespace {

using schemas::ChangeOutcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ImportsTest : public StoreTest {
 protected:
  ImportsTest() { OpenWriter(); }
  ~ImportsTest() override { EXPECT_THAT(OpenReader()->Check(), IsEmpty()); }

  static schemas::AddFeed Feed(const std::string& name, schemas::ImportKey key) {
    return {.url = UrlOf(name),
            .host = name + ".example",
            .registrable_domain = name + ".example",
            .title = {},
            .site_url = {},
            .category = {},
            .added_at = kNow,
            .next_check_at = kNow,
            .import_key = key};
  }
  static std::string UrlOf(const std::string& name) { return "https://" + name + ".example/feed"; }
  static schemas::AddBlacklist Entry(const std::string& pattern, schemas::ImportKey key,
                                     const std::string& reason = {}) {
    schemas::BlacklistEntry entry;
    entry.pattern = pattern;
    entry.reason = reason;
    entry.added_at = kNow;
    return {entry, key};
  }
  std::vector<ChangeOutcome> Change(std::vector<schemas::OperatorChange> changes) {
    schemas::WriteBatch batch;
    batch.changes = std::move(changes);
    auto applied = Write(batch);
    for (auto left = applied; left.is_removing;) left = Write({});
    return applied.change_outcomes;
  }
  // Feeds whose names are the letters.
  void Import(schemas::ImportKey key, const std::string& letters) {
    std::vector<schemas::OperatorChange> changes = {Begin(key)};
    for (const char letter : letters) changes.emplace_back(Feed(std::string(1, letter), key));
    Change(changes);
  }
  static schemas::BeginImport Begin(schemas::ImportKey key) {
    return {.import_key = key,
            .kind = schemas::ImportKind::kFeeds,
            .source = "list " + std::to_string(key),
            .started_at = kNow + key};
  }
  schemas::Id IdOf(schemas::ImportKey key) {
    for (const auto& import : OpenReader()->AllImports()) {
      if (import.source == "list " + std::to_string(key)) return import.import_id;
    }
    return 0;
  }
  // The letters of the feeds that undoing it would remove.
  std::string ToUndo(schemas::ImportKey key) {
    std::string letters;
    for (const auto& feed : OpenReader()->FeedsToUndo(IdOf(key), {})) {
      letters += feed.url.substr(8, 1);
    }
    return letters;
  }
  void Undo(schemas::ImportKey key) {
    const auto import_id = IdOf(key);
    std::vector<schemas::OperatorChange> changes;
    for (const auto& feed : OpenReader()->FeedsToUndo(import_id, {})) {
      changes.emplace_back(schemas::RemoveFeed{feed.url, import_id});
    }
    for (const auto& pattern : OpenReader()->PatternsToUndo(import_id, {}, 1000)) {
      changes.emplace_back(schemas::RemoveBlacklist{pattern, import_id});
    }
    changes.emplace_back(schemas::EndUndo{.import_id = import_id, .undone_at = kNow});
    Change(changes);
  }
  std::string Feeds() {
    std::string letters;
    for (const auto& feed : OpenReader()->FeedUrls({})) letters += feed.url.substr(8, 1);
    return letters;
  }
  std::vector<std::string> Patterns() {
    std::vector<std::string> patterns;
    for (const auto& entry : OpenReader()->Blacklist()) patterns.push_back(entry.pattern);
    return patterns;
  }
};

TEST_F(ImportsTest, AreListedWithWhatTheyAdded) {
  Import(7, "ab");
  Import(8, "bc");
  const auto imports = OpenReader()->AllImports();
  ASSERT_EQ(imports.size(), 2U);
  EXPECT_EQ(imports[0].source, "list 8");
  EXPECT_EQ(imports[0].started_at, kNow + 8);
  EXPECT_EQ(imports[0].added, 1);
  EXPECT_EQ(imports[0].undoable, 1);
  EXPECT_EQ(imports[1].added, 2);
  EXPECT_EQ(imports[1].undoable, 1) << "a later import named one of them";
  EXPECT_FALSE(imports[1].undone_at);
}

TEST_F(ImportsTest, AreUndoneButForWhatSomebodyElseWants) {
  AddFeed(UrlOf("x"), "x.example");
  Import(7, "abcx");
  Import(8, "b");
  Change({Feed("c", 0)});  // by hand
  EXPECT_EQ(ToUndo(7), "a");
  Undo(7);
  EXPECT_EQ(Feeds(), "xbc");
  EXPECT_EQ(OpenReader()->FindImport(IdOf(7))->undone_at, kNow);
}

TEST_F(ImportsTest, TakeOverWhatIsLeftOfOneThatIsUndone) {
  Import(7, "ab");
  Import(8, "bc");
  Undo(7);
  EXPECT_EQ(ToUndo(8), "bc");
  Undo(8);
  EXPECT_EQ(Feeds(), "");
}

TEST_F(ImportsTest, AreUndoneInEitherOrder) {
  Import(7, "ab");
  Import(8, "bc");
  Undo(8);
  EXPECT_EQ(Feeds(), "ab");
  EXPECT_EQ(ToUndo(7), "ab");
}

TEST_F(ImportsTest, LeaveWhatSeveralOthersNamed) {
  Import(7, "ab");
  Import(8, "b");
  Import(9, "b");
  Undo(9);
  Undo(8);
  EXPECT_EQ(ToUndo(7), "a") << "who of them wants it still is not known";
}

TEST_F(ImportsTest, CountTheirOwnRepeatsAsOne) {
  Import(7, "ab");
  Import(7, "b");  // the next batch of the same import
  EXPECT_EQ(ToUndo(7), "ab");
  EXPECT_EQ(OpenReader()->AllImports().size(), 1U);
}

// Between the look and the removal somebody names it.
TEST_F(ImportsTest, RemoveNothingThatIsWantedInTheMeantime) {
  Import(7, "a");
  const auto import_id = IdOf(7);
  Import(8, "a");
  EXPECT_THAT(Change({schemas::RemoveFeed{UrlOf("a"), import_id}}),
              ElementsAre(ChangeOutcome::kWanted));
  EXPECT_EQ(Feeds(), "a");
}

TEST_F(ImportsTest, AreUndoneOnce) {
  Import(7, "a");
  Undo(7);
  Import(8, "a");
  const schemas::EndUndo again{.import_id = IdOf(7), .undone_at = kNow + 1};
  EXPECT_THAT(Change({again}), ElementsAre(ChangeOutcome::kAlreadyKnown));
  EXPECT_THAT(Change({schemas::EndUndo{.import_id = 99}}), ElementsAre(ChangeOutcome::kNotFound));
  EXPECT_EQ(ToUndo(8), "a");
}

TEST_F(ImportsTest, ForgetAFeedThatWasRemovedAndComesAgain) {
  Import(7, "a");
  Remove(UrlOf("a"));
  Change({Feed("a", 0)});
  EXPECT_EQ(ToUndo(7), "");
}

// A feed moves to the address of another: who wanted the one wants the other.
TEST_F(ImportsTest, HandOnWhatIsWantedWhenTwoFeedsBecomeOne) {
  AddFeed(UrlOf("h"), "h.example");  // by hand
  Import(7, "ab");
  Import(8, "c");
  const auto moves = [&](const std::string& from, const std::string& to) {
    schemas::WriteBatch batch;
    auto& crawl = batch.crawls.emplace_back();
    static_cast<schemas::FeedChange&>(crawl.feed) = *FindFeed(UrlOf(from));
    crawl.feed.url = UrlOf(to);
    crawl.feed.host = to + ".example";
    crawl.feed.registrable_domain = to + ".example";
    for (auto applied = Write(batch); applied.is_removing;) applied = Write({});
  };
  moves("h", "a");
  EXPECT_EQ(ToUndo(7), "b") << "an operator wants what is there now";
  moves("c", "b");
  EXPECT_EQ(ToUndo(7), "");
  Undo(8);
  EXPECT_EQ(ToUndo(7), "b");
}

TEST_F(ImportsTest, AreForgottenBeyondABound) {
  settings_.imports_kept = 3;
  writer_->Renew(settings_);
  for (int key = 1; key <= 5; ++key) Import(key, std::string(1, static_cast<char>('a' + key)));
  EXPECT_EQ(OpenReader()->AllImports().size(), 3U);
  EXPECT_EQ(Feeds(), "bcdef");
  EXPECT_EQ(ToUndo(5), "f");
  // What a forgotten one wanted stays.
  Import(6, "f");
  for (int key = 7; key <= 9; ++key) Import(key, "b");
  EXPECT_EQ(Feeds(), "bcdef");
}

TEST_F(ImportsTest, OfTheBlacklistAreUndoneAlike) {
  Change({Entry("hand.example", 0), Entry("both.example", 0)});
  auto begin = Begin(7);
  begin.kind = schemas::ImportKind::kBlacklist;
  Change({begin, Entry("a.example", 7), Entry("b.example", 7), Entry("c.example", 7),
          Entry("both.example", 7, "another reason"), Entry("hand.example", 7)});
  Change({Begin(8), Entry("b.example", 8)});
  Change({Entry("c.example", 0, "by hand")});
  EXPECT_THAT(OpenReader()->PatternsToUndo(IdOf(7), {}, 10), ElementsAre("a.example"));
  EXPECT_THAT(OpenReader()->PatternsToUndo(IdOf(7), "a.example", 10), IsEmpty());
  Undo(7);
  EXPECT_THAT(Patterns(), ElementsAre("b.example", "both.example", "c.example", "hand.example"));
  Undo(8);
  EXPECT_THAT(Patterns(), ElementsAre("both.example", "c.example", "hand.example"));
  EXPECT_THAT(Change({schemas::RemoveBlacklist{"c.example", IdOf(7)}}),
              ElementsAre(ChangeOutcome::kWanted));
}

}  // namespace
}  // namespace saunter::store
