// The text of schemas/topics/topics.txt, which CMake compiles in.
//
// Thread safety: a constant.
#pragma once

#include <string_view>

namespace saunter::schemas::topics {

std::string_view BuiltInTopics();

}  // namespace saunter::schemas::topics
