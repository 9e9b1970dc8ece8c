#include "schemas/failure_advice.h"

#include <gtest/gtest.h>

namespace saunter::schemas {
namespace {

TEST(FailureAdvice, SaysOfEveryFailureWhatItMeansAndWhatToDo) {
  for (int i = 0; i < kFetchOutcomeCount; ++i) {
    const auto outcome = static_cast<FetchOutcome>(i);
    const auto advice = AdviceOn(outcome);
    const bool is_failure = outcome != FetchOutcome::kOk && outcome != FetchOutcome::kNotModified;
    EXPECT_EQ(!advice.meaning.empty(), is_failure) << ToString(outcome);
    EXPECT_EQ(!advice.advice.empty(), is_failure) << ToString(outcome);
    if (!is_failure) continue;
    EXPECT_TRUE(advice.meaning.ends_with('.') && advice.advice.ends_with('.')) << ToString(outcome);
    EXPECT_LE(advice.meaning.size() + advice.advice.size(), 180U) << "one short sentence each";
  }
}

TEST(FailureAdvice, KnowsThatANewerVersionMayKnowMore) {
  EXPECT_FALSE(AdviceOn(static_cast<FetchOutcome>(99)).advice.empty());
}

}  // namespace
}  // namespace saunter::schemas
