// A database for tests, filled through the store's own writer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/batch.h"
#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tests/support/files.h"

namespace saunter::api {

using support::TemporaryDirectory;

// A post as tests describe it.
struct Post {
  std::string url;
  std::string title = "A post";
  std::string language = {};
  std::vector<std::string> categories = {};
  std::optional<schemas::UnixSeconds> published_at = {};
  std::string summary = {};
};

class TestDatabase {
 public:
  explicit TestDatabase(const std::string& path);
  ~TestDatabase();

  // One batch: the site's feed, if it is new, and its posts.
  void AddPosts(const std::string& host, const std::vector<Post>& posts);
  void AddPostsAt(schemas::UnixSeconds now, const std::string& host,
                  const std::vector<Post>& posts);
  // "https://HOST/0" … , `count` of them.
  void AddSite(const std::string& host, std::int64_t count);
  void AddFeedOnly(const std::string& host);
  void Apply(const schemas::WriteBatch& batch);
  void ApplyAt(schemas::UnixSeconds now, const schemas::WriteBatch& batch);
  // What the crawler does when its rule or an operator blacklists a site.
  void BlacklistSite(const std::string& host, schemas::UnixSeconds now);
  void BlacklistSite(const std::string& host);
  [[nodiscard]] std::vector<schemas::PoolRow> Pool();
  [[nodiscard]] const schemas::StoreSettings& settings() const { return settings_; }
  // Ends the write connection, as a crawler that stops does.
  void Close() { writer_.reset(); }

 private:
  schemas::Id FeedOf(const std::string& host);

  schemas::StoreSettings settings_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::Reader> reader_;
};

inline constexpr schemas::UnixSeconds kTestNow = 1'800'000'000;

}  // namespace saunter::api
