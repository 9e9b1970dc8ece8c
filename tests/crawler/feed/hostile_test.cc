// Hostile documents: whatever they are, what comes out can be stored and served. Those that need
// a Content-Encoding undone are fetch's.

#include <gtest/gtest.h>

#include "crawler/feed/feed.h"
#include "tests/crawler/feed/corpus.h"
#include "tests/fuzz/invariants.h"
#include "tests/support/files.h"

namespace saunter::crawler::feed {
namespace {

using nlohmann::json;

void ExpectStorable(const ParsedFeed& feed, const std::string& file) {
  EXPECT_TRUE(fuzz::IsStorableText(feed.title) && fuzz::IsStorableText(feed.detail)) << file;
  EXPECT_TRUE(feed.site_url.empty() || fuzz::IsStorableUrl(feed.site_url)) << file;
  for (const auto& entry : feed.entries) {
    EXPECT_TRUE(entry.url.empty() || fuzz::IsStorableUrl(entry.url)) << file << " " << entry.url;
    for (const auto* text : {&entry.guid, &entry.title, &entry.author, &entry.summary}) {
      EXPECT_TRUE(fuzz::IsStorableText(*text)) << file;
    }
  }
}

// "outcome", number of entries and first values, where the manifest names them.
void ExpectOutcome(const json& check, const ParsedFeed& feed, const std::string& file) {
  const std::string outcome = StringOf(check, "outcome");
  const bool is_feed = feed.status != ParseStatus::kNotAFeed;
  EXPECT_TRUE(outcome != "parse" || is_feed) << file << ": " << feed.detail;
  EXPECT_TRUE(outcome != "reject" || !is_feed || feed.entries.empty()) << file;
  if (is_feed && check.contains("entries")) {
    const json& want = check["entries"];
    const auto count = static_cast<std::int64_t>(feed.entries.size());
    EXPECT_GE(count, want.is_array() ? want[0].get<std::int64_t>() : want.get<std::int64_t>())
        << file;
    EXPECT_LE(count, want.is_array() ? want[1].get<std::int64_t>() : want.get<std::int64_t>())
        << file;
  }
}

TEST(HostileDocuments, GiveNothingThatCannotBeStored) {
  std::ifstream cases(support::Corpus("hostile") / "manifest.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus at " << support::Corpus("");
  for (std::string line; std::getline(cases, line);) {
    const json hostile = json::parse(line);
    if (!StringOf(hostile, "content_encoding").empty()) continue;
    const std::string file = StringOf(hostile, "file");
    const std::string body = support::ReadFile(support::Corpus("hostile/files") / file);
    const auto feed =
        ParseFeed({body, "https://feed.example/feed", StringOf(hostile, "content_type"), {}},
                  schemas::FeedSettings(), kCorpusNow);
    ExpectStorable(feed, file);
    ExpectOutcome(hostile["check"], feed, file);
  }
}

}  // namespace
}  // namespace saunter::crawler::feed
