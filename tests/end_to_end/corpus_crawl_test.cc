// Every real document of the corpus, served on an address of its own, through the running daemon.

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "crawler/url/url.h"
#include "store/reader.h"
#include "tests/end_to_end/house.h"
#include "tests/support/files.h"

namespace saunter::end_to_end {
namespace {

constexpr double kShareMin = 0.97;

std::vector<nlohmann::json> ReadLines(const std::filesystem::path& path) {
  std::vector<nlohmann::json> rows;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

struct Found {
  std::int64_t expected = 0;
  std::int64_t links = 0;
  std::int64_t dated = 0;
  std::int64_t dated_expected = 0;
  std::int64_t titled = 0;
};

// Of the entries that the corpus expects with an absolute link: those that are in the database.
Found Compare(const std::vector<nlohmann::json>& expected, const std::string& database) {
  schemas::StoreSettings settings;
  settings.path = database;
  settings.reader_query_ms_max = 60000;  // all links at once, on whatever else the machine does
  auto reader = store::OpenFileReader(settings).reader;
  std::unordered_map<schemas::Key, schemas::Link> links;
  for (const auto& row : reader->NewestLinks(1000000)) {
    links.emplace(crawler::url::UrlKey(row.url), row);
  }
  Found found;
  for (const auto& document : expected) {
    for (const auto& entry : document["entries"]) {
      if (!entry[0].is_string()) continue;
      const auto url = crawler::url::ParseUrl(entry[0].get<std::string>());
      if (!url) continue;
      ++found.expected;
      auto link = links.find(
          crawler::url::UrlKey(crawler::url::CanonicalUrl(*url, crawler::url::KeepFragment::kNo)));
      if (link == links.end()) {
        link = links.find(crawler::url::UrlKey(
            crawler::url::CanonicalUrl(*url, crawler::url::KeepFragment::kYes)));
      }
      if (link == links.end()) continue;
      ++found.links;
      if (!link->second.title.empty()) ++found.titled;
      if (entry[2].is_number()) ++found.dated_expected;
      if (entry[2].is_number() && link->second.published_at) ++found.dated;
    }
  }
  return found;
}

TEST(CorpusCrawl, GivesTheLinksOfNearlyEveryEntryInOneGo) {
  const std::filesystem::path corpus = support::Corpus("real/open");
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << "no corpus beside the tree";
  const auto manifest = ReadLines(corpus / "manifest.jsonl");
  House house;
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    const auto address = SiteAddress(static_cast<int>(i));
    support::OriginAnswer answer;
    answer.headers = {{"Content-Type", manifest[i]["content_type"].get<std::string>()}};
    answer.body = support::ReadFile(corpus / "files" / manifest[i]["file"].get<std::string>());
    house.origin().SetAnswer(address, "/feed", std::move(answer));
    urls.push_back(house.origin().Url(address, "/feed"));
  }
  ASSERT_EQ(house.Import(urls).exit_code, 0);
  auto crawler = house.StartCrawler({"--once", "--health.probes_in_flight_max", "0"});
  ASSERT_EQ(crawler->WaitForExit(std::chrono::minutes(5)), 0) << crawler->Errors();
  const auto found = Compare(ReadLines(corpus / "expected.jsonl"), house.DatabasePath());
  std::printf(
      "%zu documents, %lld entries with a link: %lld stored, %lld with a title, %lld of "
      "%lld dated\n%s",
      urls.size(), static_cast<long long>(found.expected), static_cast<long long>(found.links),
      static_cast<long long>(found.titled), static_cast<long long>(found.dated),
      static_cast<long long>(found.dated_expected), crawler->Output().c_str());
  EXPECT_GE(static_cast<double>(found.links), kShareMin * static_cast<double>(found.expected));
  EXPECT_GE(static_cast<double>(found.titled), kShareMin * static_cast<double>(found.links));
  EXPECT_GE(static_cast<double>(found.dated),
            kShareMin * static_cast<double>(found.dated_expected));
}

}  // namespace
}  // namespace saunter::end_to_end
