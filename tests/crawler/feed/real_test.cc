// Real documents against what an independent reader sees in them: link, title and time of every
// entry. Differences are named in real_exceptions.txt, each with its reason.

#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "crawler/feed/feed.h"
#include "crawler/url/url.h"
#include "tests/crawler/feed/corpus.h"
#include "tests/support/files.h"

namespace saunter::crawler::feed {
namespace {

using nlohmann::json;

const std::string kFolder = "real/open";

std::map<std::string, json> ReadManifest() {
  std::map<std::string, json> files;
  std::ifstream manifest(support::Corpus(kFolder) / "manifest.jsonl");
  for (std::string line; std::getline(manifest, line);) {
    json file = json::parse(line);
    const std::string name = StringOf(file, "file");
    files.emplace(name, std::move(file));
  }
  return files;
}

// Without what the canonical form leaves out: how that is done is url_test's.
std::string Comparable(const json& link) {
  if (!link.is_string()) return {};
  const auto url = url::ParseUrl(link.get<std::string>());
  return url ? url::CanonicalUrl(*url, url::KeepFragment::kNo) : std::string();
}

bool SameLink(const std::string& got, const json& want) {
  return Comparable(got) == Comparable(want);
}

// An entry without a title is given one from its text.
bool SameTitle(const std::string& got, const json& want) {
  const std::string wanted = want.is_string() ? want.get<std::string>() : std::string();
  if (Words(wanted, text::Markup::kHtml).empty()) return true;
  return SameText(got, wanted);
}

bool SameTime(const std::optional<schemas::UnixSeconds>& got, const json& want) {
  return want.is_null() ? !got : got && want == *got;
}

struct Score {
  int entries = 0;
  int right = 0;
  int excepted = 0;
};

class RealDocument {
 public:
  RealDocument(const json& expected, const json& manifest)
      : expected_(expected), file_(StringOf(expected, "file")) {
    const std::string body = support::ReadFile(support::Corpus(kFolder) / "files" / file_);
    const bool own_type = expected.contains("content_type");
    feed_ = ParseFeed({body, {}, StringOf(own_type ? expected : manifest, "content_type"), {}},
                      schemas::FeedSettings(), kCorpusNow);
  }

  // "link", "title", "published_at" or "count" where the entry is not as expected; else nothing.
  [[nodiscard]] std::string Difference(std::size_t i) const {
    if (feed_.entries.size() != expected_["entries"].size()) return "count";
    const json& want = expected_["entries"][i];
    const auto number = std::to_string(i);
    const auto alternatives = expected_.find("alternatives");
    const bool has_other = alternatives != expected_.end() && alternatives->contains(number);
    const json& other = has_other ? (*alternatives)[number] : want;
    const auto& got = feed_.entries[i];
    if (!SameLink(got.url, want[0]) && !SameLink(got.url, other[0])) return "link";
    if (!SameTitle(got.title, want[1]) && !SameTitle(got.title, other[1])) return "title";
    if (SameTime(got.published_at, want[2]) || SameTime(got.published_at, other[2])) return {};
    // What was updated stands in for a time of publishing that nobody gives.
    const auto updated = expected_.find("updated");
    const bool stands_in = want[2].is_null() && updated != expected_.end() &&
                           SameTime(got.published_at, (*updated)[i]);
    return stands_in ? std::string() : "published_at";
  }

  [[nodiscard]] std::size_t size() const { return expected_["entries"].size(); }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  const json& expected_;
  std::string file_;
  ParsedFeed feed_;
};

TEST(RealDocuments, HaveTheLinkTitleAndTimeOfEachEntry) {
  std::ifstream cases(support::Corpus(kFolder) / "expected.jsonl");
  if (!cases) GTEST_SKIP() << "no corpus at " << support::Corpus("");
  const auto manifest = ReadManifest();
  const auto exceptions = ReadExceptions("real_exceptions.txt");
  std::set<std::string> met;
  std::map<std::string, Score> scores;
  for (std::string line; std::getline(cases, line);) {
    const json expected = json::parse(line);
    const json& about = manifest.at(StringOf(expected, "file"));
    const RealDocument document(expected, about);
    Score& score = scores[StringOf(about, "completeness")];
    std::map<std::string, int> differences;
    for (std::size_t i = 0; i < document.size(); ++i) {
      const std::string difference = document.Difference(i);
      ++score.entries;
      if (difference.empty()) {
        ++score.right;
      } else {
        ++differences[document.file() + " " + difference];
      }
    }
    for (const auto& [name, count] : differences) {
      EXPECT_TRUE(exceptions.contains(name)) << name << " (" << count << " entries)";
      if (!met.insert(name).second || !exceptions.contains(name)) continue;
      score.excepted += count;
    }
  }
  for (const auto& [name, reason] : exceptions)
    EXPECT_TRUE(met.contains(name)) << name << " is met";
  for (const auto& [name, score] : scores) {
    std::printf("%-16s %5d entries: %5d as expected, %4d differ for a named reason\n", name.c_str(),
                score.entries, score.right, score.excepted);
  }
}

}  // namespace
}  // namespace saunter::crawler::feed
