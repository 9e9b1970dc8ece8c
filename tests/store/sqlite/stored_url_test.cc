#include "store/sql/stored_url.h"

#include <gtest/gtest.h>

#include "store/sqlite/connection.h"

namespace saunter::store::sql {
namespace {

struct UrlCase {
  const char* url;
  const char* site;
  const char* stored;
};

constexpr UrlCase kUrlCases[] = {
    {"https://example.com/post", "example.com", "/post"},
    {"https://www.example.com/post", "example.com", "w/post"},
    {"https://example.com/", "example.com", "/"},
    {"https://tilde.example/~ann/post", "tilde.example/~ann", "/~ann/post"},
    {"http://example.com/post", "example.com", "http://example.com/post"},
    {"https://example.com:8443/post", "example.com", "https://example.com:8443/post"},
    {"https://example.com?p=1", "example.com", "https://example.com?p=1"},
    {"https://example.community/post", "example.com", "https://example.community/post"},
    {"https://www.com/post", "www.com", "/post"},
    {"https://www.www.com/post", "www.com", "w/post"},
};

TEST(StoredUrl, LeavesOutWhatTheSiteSays) {
  for (const auto& [url, site, stored] : kUrlCases) EXPECT_EQ(StoredUrl(url, site), stored) << url;
}

TEST(StoredUrl, IsReadAsItWas) {
  sqlite::Database database(":memory:", sqlite::Access::kReadWrite, 0, 0);
  static const std::string kRead =
      "SELECT " + UrlOfLink(Engine::kSqlite) + " FROM (SELECT ? AS url) l, (SELECT ? AS host) s";
  for (const auto& [url, site, stored] : kUrlCases) {
    const std::string text(stored);
    const std::string host(site);
    Use read(database, kRead);
    ASSERT_TRUE(read.Text(text).Text(host).Step());
    EXPECT_EQ(read.GetText(0), url);
  }
}

}  // namespace
}  // namespace saunter::store::sql
