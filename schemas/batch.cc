#include "schemas/batch.h"

namespace saunter::schemas {

std::string_view ToString(ChangeOutcome outcome) {
  switch (outcome) {
    case ChangeOutcome::kDone:
      return "done";
    case ChangeOutcome::kAlreadyKnown:
      return "already_known";
    case ChangeOutcome::kNotFound:
      return "not_found";
    case ChangeOutcome::kBlacklisted:
      return "blacklisted";
    case ChangeOutcome::kWanted:
      return "wanted";
  }
  return "invalid";
}

}  // namespace saunter::schemas
