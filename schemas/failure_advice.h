// Why feeds fail, for an operator: what each outcome of a fetch means and what to do about it.
//
// Thread safety: a pure function.
#pragma once

#include <string_view>

#include "schemas/outcome.h"

namespace saunter::schemas {

// One short sentence each. Both are empty for an outcome that is no failure.
struct FailureAdvice {
  std::string_view meaning;
  std::string_view advice;
};
[[nodiscard]] FailureAdvice AdviceOn(FetchOutcome outcome);

}  // namespace saunter::schemas
