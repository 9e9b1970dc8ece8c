#include "store/replica/progress.h"

#include <algorithm>

namespace saunter::store::replica {

std::string Summary(const ProgressFacts& facts, schemas::UnixSeconds now) {
  std::string summary;
  if (facts.current_at) {
    const auto behind = std::max<schemas::UnixSeconds>(0, now - *facts.current_at);
    summary = "the copy is " + std::to_string(behind) + " s behind";
  } else {
    summary = "there is no copy yet";
  }
  if (facts.is_filling) {
    summary +=
        "; another one is being filled, " + std::to_string(facts.rows_copied) + " rows so far";
  } else if (facts.changes_behind > 0) {
    summary += "; " + std::to_string(facts.changes_behind) + " changes to go";
  }
  if (!facts.trouble.empty()) summary += "; " + facts.trouble;
  return summary;
}

}  // namespace saunter::store::replica
