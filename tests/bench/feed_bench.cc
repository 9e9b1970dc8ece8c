// The feed parser over a folder of feeds, beside pugixml's bare parse of the same bytes, in the
// same run on one core: feed_bench [FOLDER] [ROUNDS].

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "crawler/feed/feed.h"
#include "tests/support/files.h"

namespace saunter::crawler::feed {
namespace {

constexpr schemas::UnixSeconds kNow = 1800000000;

std::vector<std::string> ReadFolder(const std::filesystem::path& folder) {
  std::vector<std::string> documents;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file()) documents.push_back(support::ReadFile(file.path()));
  }
  return documents;
}

double Milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Run(const std::filesystem::path& folder, int rounds) {
  if (!std::filesystem::is_directory(folder)) {
    std::printf("feed_bench: SKIPPED, no folder %s\n", folder.c_str());
    return 0;
  }
  const std::vector<std::string> documents = ReadFolder(folder);
  std::size_t bytes = 0;
  for (const auto& document : documents) bytes += document.size();
  std::size_t trees = 0;
  std::size_t entries = 0;
  const auto parse_bare = [&] {
    for (const auto& document : documents) {
      pugi::xml_document tree;
      trees += tree.load_buffer(document.data(), document.size()) ? 1U : 0U;
    }
  };
  const auto parse_whole = [&] {
    entries = 0;
    for (const auto& document : documents) {
      const ParsedFeed feed =
          ParseFeed({document, "https://example.org/feed", {}, {}}, schemas::FeedSettings(), kNow);
      entries += feed.entries.size();
    }
  };
  // In turns, so that what else the machine does falls on both.
  std::vector<double> bare_ms;
  std::vector<double> whole_ms;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    bare_ms.push_back(Milliseconds(parse_bare));
    whole_ms.push_back(Milliseconds(parse_whole));
    ratios.push_back(whole_ms.back() / bare_ms.back());
  }
  const double bare = Median(bare_ms);
  const double whole = Median(whole_ms);
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf("%zu documents, %.1f MB, %zu entries\n", documents.size(), megabytes, entries);
  std::printf("pugixml load_buffer  %8.1f ms  %7.0f MB/s\n", bare, megabytes / bare * 1000);
  std::printf("ParseFeed            %8.1f ms  %7.0f MB/s\n", whole, megabytes / whole * 1000);
  std::printf("ratio                %8.2f      (median of %d turns, %.2f to %.2f; limit 4)\n",
              Median(ratios), rounds, *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()));
  return trees > 0 && entries > 0 ? 0 : 1;
}

}  // namespace
}  // namespace saunter::crawler::feed

int main(int argc, char** argv) {
  const std::string folder =
      argc > 1 ? argv[1] : saunter::support::Corpus("real/open/files").string();
  return saunter::crawler::feed::Run(
      folder, argc > 2 ? static_cast<int>(std::strtol(argv[2], nullptr, 10)) : 15);
}
