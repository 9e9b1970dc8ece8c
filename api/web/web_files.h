// The files of api/web and the contract, compiled in by CMake.
//
// Thread safety: constants.
#pragma once

#include <string_view>

namespace saunter::api::web {

struct WebFile {
  std::string_view path;  // as asked for: "/" is index.html
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  std::string_view body;
};

// nullptr if no file is at this path.
[[nodiscard]] const WebFile* FindWebFile(std::string_view path);

}  // namespace saunter::api::web
