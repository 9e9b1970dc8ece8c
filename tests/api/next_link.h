// One step of a walk, the stop and its link at once.
#pragma once

#include <optional>

#include "api/walk/walk.h"

namespace saunter::api {

inline std::optional<walk::Pick> NextLink(const index::Choice& choice, walk::Walk& walk,
                                          walk::WalkScratch& scratch) {
  const auto stop = walk::NextStop(choice, walk, scratch);
  if (!stop) return std::nullopt;
  return walk::LinkAt(choice, *stop, scratch);
}

}  // namespace saunter::api
