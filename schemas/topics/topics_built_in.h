// schemas/topics/topics.txt, compiled in by CMake.
//
// Thread safety: a constant.
#pragma once

#include <string_view>

namespace saunter::schemas::topics {

std::string_view BuiltInTopics();

}  // namespace saunter::schemas::topics
