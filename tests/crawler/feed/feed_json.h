// A parsed feed as the JSON object that `saunter parse` prints; for tests.
#pragma once

#include <nlohmann/json.hpp>

#include "crawler/feed/feed.h"

namespace saunter::crawler::feed {

inline nlohmann::json OrNull(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

inline nlohmann::json OrNull(const std::optional<std::int64_t>& number) {
  return number ? nlohmann::json(*number) : nlohmann::json();
}

inline std::string StatusName(ParseStatus status) {
  switch (status) {
    case ParseStatus::kOk:
      return "ok";
    case ParseStatus::kRecovered:
      return "recovered";
    case ParseStatus::kNotAFeed:
      return "not_a_feed";
    case ParseStatus::kLimit:
      return "limit";
  }
  return {};
}

inline nlohmann::json ToJson(const ParsedFeed& feed) {
  nlohmann::json entries = nlohmann::json::array();
  for (const auto& entry : feed.entries) {
    entries.push_back({{"guid", OrNull(entry.guid)},
                       {"url", OrNull(entry.url)},
                       {"title", OrNull(entry.title)},
                       {"published_at", OrNull(entry.published_at)},
                       {"updated_at", OrNull(entry.updated_at)},
                       {"author", OrNull(entry.author)},
                       {"language", OrNull(entry.language)},
                       {"categories", entry.categories},
                       {"summary", OrNull(entry.summary)}});
  }
  return {{"format", OrNull(feed.format)},           {"status", StatusName(feed.status)},
          {"detail", OrNull(feed.detail)},           {"title", OrNull(feed.title)},
          {"site_url", OrNull(feed.site_url)},       {"language", OrNull(feed.language)},
          {"ttl_minutes", OrNull(feed.ttl_minutes)}, {"entries", std::move(entries)}};
}

}  // namespace saunter::crawler::feed
