// Mends XML that pugixml refuses, so that it can be parsed.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::feed::formats {

// Writes `text` again with all tags closed. A "<" that begins no tag becomes text; an end tag that
// nothing opened is dropped, and one that crosses others closes them; a new item or entry closes
// the one before it, and so does a new field. If the document ends inside an entry or a field of
// the feed, that one is left out whole, since it may be cut. Stops where the depth exceeds
// `depth_max`. Linear in time.
[[nodiscard]] std::string RepairXml(std::string_view text, std::size_t depth_max);

}  // namespace saunter::crawler::feed::formats
