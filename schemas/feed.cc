#include "schemas/feed.h"

namespace saunter::schemas {

std::string_view ToString(FeedState state) {
  switch (state) {
    case FeedState::kActive:
      return "active";
    case FeedState::kPaused:
      return "paused";
    case FeedState::kGone:
      return "gone";
  }
  return "invalid";
}

}  // namespace saunter::schemas
