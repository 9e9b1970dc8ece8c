#include "schemas/link.h"

namespace saunter::schemas {

std::string_view ToString(LinkState state) {
  switch (state) {
    case LinkState::kUnchecked:
      return "unchecked";
    case LinkState::kAlive:
      return "alive";
    case LinkState::kUnknown:
      return "unknown";
    case LinkState::kDoubtful:
      return "doubtful";
    case LinkState::kDead:
      return "dead";
  }
  return "invalid";
}

}  // namespace saunter::schemas
