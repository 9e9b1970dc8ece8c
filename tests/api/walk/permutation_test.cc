#include "api/walk/permutation.h"

#include <gtest/gtest.h>

#include <set>

namespace saunter::api::walk {
namespace {

TEST(Permute, IsABijectionAndGoesBack) {
  for (const int bits : {1, 2, 3, 9, 10, 13}) {
    std::set<std::uint32_t> images;
    for (std::uint32_t value = 0; value < (1U << bits); ++value) {
      const auto image = Permute(value, bits, 99);
      EXPECT_LT(image, 1U << bits);
      EXPECT_EQ(PermuteBack(image, bits, 99), value);
      images.insert(image);
    }
    EXPECT_EQ(images.size(), 1U << bits);
  }
}

TEST(PermuteBelow, IsABijectionWhereTheCountIsNoPowerOfTwo) {
  for (const std::uint32_t count : {2, 3, 65, 1000}) {
    std::set<std::uint32_t> images;
    for (std::uint32_t value = 0; value < count; ++value) {
      const auto image = PermuteBelow(value, count, 99);
      EXPECT_LT(image, count);
      images.insert(image);
    }
    EXPECT_EQ(images.size(), count);
  }
}

}  // namespace
}  // namespace saunter::api::walk
