// api/index/topics.txt, compiled in by CMake.
//
// Thread safety: a constant.
#pragma once

#include <string_view>

namespace saunter::api {

std::string_view BuiltInTopics();

}  // namespace saunter::api
