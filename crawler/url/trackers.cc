#include "crawler/url/trackers.h"

#include <algorithm>
#include <array>
#include <vector>

#include "schemas/text.h"

namespace saunter::crawler::url {
namespace {

// Longer than any parameter of the list, by which nothing longer is compared whole.
constexpr std::size_t kParameterBytesMax = 40;

// The lines of the list: what is compared whole, sorted, and what is compared by its beginning.
struct TrackerList {
  std::vector<std::string_view> names;
  std::vector<std::string_view> values;  // "name=value"
  std::vector<std::string_view> beginnings;

  explicit TrackerList(std::string_view text) {
    while (!text.empty()) {
      auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (line.empty() || line.front() == '#') continue;
      if (line.ends_with('*')) {
        line.remove_suffix(1);
        beginnings.push_back(line);
      } else {
        (line.find('=') == std::string_view::npos ? names : values).push_back(line);
      }
    }
    std::sort(names.begin(), names.end());
    std::sort(values.begin(), values.end());
  }
};

}  // namespace

bool IsTracker(std::string_view parameter) {
  static const TrackerList list(BuiltInTrackers());
  if (parameter.starts_with("amp;")) parameter.remove_prefix(4);
  const bool is_whole = parameter.size() < kParameterBytesMax;
  std::array<char, kParameterBytesMax> buffer{};
  const std::size_t length = std::min(parameter.size(), buffer.size());
  std::transform(parameter.begin(), parameter.begin() + static_cast<std::ptrdiff_t>(length),
                 buffer.begin(), [](char c) { return schemas::ToLowerAscii(c); });
  const std::string_view lower(buffer.data(), length);
  const auto equals_sign = lower.find('=');
  const auto name = lower.substr(0, equals_sign);
  if (name.empty()) return false;
  const auto begins = [lower](std::string_view beginning) { return lower.starts_with(beginning); };
  if (std::any_of(list.beginnings.begin(), list.beginnings.end(), begins)) return true;
  if (equals_sign == std::string_view::npos && !is_whole) return false;
  return std::binary_search(list.names.begin(), list.names.end(), name) ||
         (is_whole && std::binary_search(list.values.begin(), list.values.end(), lower));
}

}  // namespace saunter::crawler::url
