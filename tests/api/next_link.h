// One step of a walk, the stop and its link at once.
#pragma once

#include <optional>

#include "api/walk/walk.h"

namespace saunter::api {

inline std::optional<Pick> NextLink(const Choice& choice, Walk& walk, WalkScratch& scratch) {
  const auto stop = NextStop(choice, walk, scratch);
  if (!stop) return std::nullopt;
  return LinkAt(choice, *stop, scratch);
}

}  // namespace saunter::api
