// fill_database PATH SITES LINKS: a database for measurements. The number of links of a site is
// lopsided as in life: the k-th site has a share of 1/k.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "tests/api/database.h"

namespace {

constexpr std::int64_t kBatchLinks = 20000;

void Fill(const std::string& path, std::int64_t sites, std::int64_t links) {
  saunter::api::TestDatabase database(path);
  double sum = 0;
  for (std::int64_t k = 1; k <= sites; ++k) sum += 1.0 / static_cast<double>(k);
  const std::vector<std::string> topics = {"food", "travel", "books", "music", "linux", "birds"};
  const std::vector<std::string> languages = {"en", "en", "en", "zh", "de", "fr", ""};
  for (std::int64_t k = 1; k <= sites; ++k) {
    const auto share = static_cast<double>(links) / sum / static_cast<double>(k);
    const auto count = std::max<std::int64_t>(1, static_cast<std::int64_t>(share));
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
