// fill_database PATH SITES LINKS: a database for measurements, lopsided as in life.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "tests/api/database.h"
#include "tests/bench/lopsided.h"

namespace {

constexpr std::int64_t kBatchLinks = 20000;

void Fill(const std::string& path, std::int64_t sites, std::int64_t links) {
  saunter::api::TestDatabase database(path);
  const std::vector<std::string> topics = {"food", "travel", "books", "music", "linux", "birds"};
  const std::vector<std::string> languages = {"en", "en", "en", "zh", "de", "fr", ""};
  std::int64_t k = 0;
  for (const auto count : saunter::bench::LopsidedSizes(sites, links)) {
    ++k;
    const std::string host = "site" + std::to_string(k) + ".example";
    std::vector<saunter::api::Post> posts;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto n = static_cast<std::size_t>(k * 31 + i);
      posts.push_back(
          {.url = "https://" + host + "/posts/2026/" + std::to_string(i) + "-a-title-as-a-slug",
           .title = "The post number " + std::to_string(i) + " of site " + std::to_string(k),
           .language = languages[n % languages.size()],
           .categories = {topics[n % topics.size()]},
           .published_at = saunter::api::kTestNow - static_cast<std::int64_t>(n % 1000) * 86400});
      if (static_cast<std::int64_t>(posts.size()) == kBatchLinks) {
        database.AddPosts(host, posts);
        posts.clear();
      }
    }
    database.AddPosts(host, posts);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: fill_database PATH SITES LINKS\n");
    return 2;
  }
  try {
    Fill(argv[1], std::strtoll(argv[2], nullptr, 10), std::strtoll(argv[3], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fill_database: %s\n", error.what());
    return 1;
  }
  return 0;
}
