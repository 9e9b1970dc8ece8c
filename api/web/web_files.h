// The files of the pages and of the contract, compiled in by CMake, and the page in each of its
// languages.
//
// What the pages load stands under /assets/HASH/, where HASH is of all those files together: a page
// and what it loads always belong together, and a browser may keep them forever.
//
// Thread safety: constants.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace saunter::api::web {

struct WebFile {
  std::string_view path;  // as asked for; of an asset without /assets/HASH/
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  std::string_view body;
};

// How long a browser may keep a file.
enum class Keep {
  kForever,    // its address names its content
  kMinutes,    // it may change with the next version
  kUnchecked,  // not without asking again
};

struct FoundFile {
  const WebFile* file = nullptr;  // null: nothing is at this path
  Keep keep = Keep::kMinutes;
};

// An asset is found under the hash of another version too, since a page that was loaded before this
// one may still ask for it; that answer is not to be kept.
[[nodiscard]] FoundFile FindWebFile(std::string_view path);

// The languages that the page speaks, the first for readers of all others: primary tags, and
// Chinese as "zh-CN".
[[nodiscard]] std::span<const std::string_view> PageLanguages();

// The page in a language of PageLanguages(), by its place there: HTML with places for what differs
// from one answer to the next, each as {{name}}.
[[nodiscard]] std::string_view PageTemplate(std::size_t place);

// What the page says in that language while there is no post; HTML.
[[nodiscard]] std::string_view NotReadyWords(std::size_t place);

// What a person sees in the place of a problem document; HTML with places as in PageTemplate().
[[nodiscard]] std::string_view ProblemTemplate();

}  // namespace saunter::api::web
