// A small index on which filters and listings are tried.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/index/index_builder.h"
#include "schemas/link.h"
#include "schemas/units.h"

namespace saunter::api::index {

inline constexpr schemas::UnixSeconds kNow = 1'800'000'000;

inline schemas::PoolRow Row(schemas::Id link_id, schemas::Id site_id, std::string language = "en",
                            std::optional<schemas::UnixSeconds> published_at = kNow) {
  return {.link_id = link_id,
          .site_id = site_id,
          .published_at = published_at,
          .language = std::move(language),
          .categories = {}};
}

inline schemas::PoolRow With(schemas::PoolRow row, std::vector<schemas::Id> categories) {
  row.categories = std::move(categories);
  return row;
}

class FilterTest : public testing::Test {
 protected:
  FilterTest() {
    builder_.LearnCategories({{1, "food"}, {2, "linux"}, {65, "far"}});
    builder_.Put(1, With(Row(1, 1, "en", kNow), {1}));
    builder_.Put(2, With(Row(2, 1, "en-GB", kNow - 10 * 86400), {1, 2}));
    builder_.Put(3, With(Row(3, 2, "de", kNow - 40 * 86400), {2}));
    builder_.Put(4, Row(4, 2, "", std::nullopt));
    builder_.Put(5, With(Row(5, 3, "enm", kNow + 86400), {65}));
    index_ = builder_.Build();
  }
  IndexBuilder builder_;
  std::shared_ptr<const LinkIndex> index_;
};

}  // namespace saunter::api::index
