// Bytes to feed. The first byte picks what HTTP says of the rest.

#include <array>

#include "crawler/feed/feed.h"
#include "tests/fuzz/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using saunter::fuzz::IsStorableText;
  using saunter::fuzz::IsStorableUrl;
  using saunter::fuzz::Require;
  if (size == 0) return 0;
  static constexpr std::array kTypes = {"", "text/xml; charset=gb2312", "text/xml; charset=sjis",
                                        "application/json; charset=iso-2022-jp"};
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const saunter::schemas::FeedSettings settings;
  constexpr saunter::schemas::UnixSeconds kNow = 1800000000;
  const auto feed = saunter::crawler::feed::ParseFeed(
      {body, "https://feed.example/feed", kTypes[data[0] % kTypes.size()], "en"}, settings, kNow);
  Require(IsStorableText(feed.title) && IsStorableText(feed.detail), "feed text is storable");
  Require(feed.site_url.empty() || IsStorableUrl(feed.site_url), "site_url is storable");
  for (const auto& entry : feed.entries) {
    Require(entry.url.empty() || IsStorableUrl(entry.url), "url is storable");
    Require(static_cast<std::int64_t>(entry.url.size()) <= settings.url_bytes_max, "url is short");
    for (const auto* text : {&entry.guid, &entry.title, &entry.author, &entry.summary}) {
      Require(IsStorableText(*text), "entry text is storable");
    }
    Require(!entry.published_at ||
                (*entry.published_at >= 631152000 && *entry.published_at <= kNow + 86400),
            "published_at is clamped");
    for (const auto& category : entry.categories) {
      Require(!category.empty() && IsStorableText(category), "category is storable");
    }
  }
  return 0;
}
