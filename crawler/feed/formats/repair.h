// The lenient second reader: what pugixml stops at, made well-formed.
//
// Thread safety: all functions. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace saunter::crawler::feed::formats {

// Writes `text` again with all tags closed: a "<" that begins no tag becomes text, an end tag that
// nothing opened is dropped, one that crosses others closes them, a new item or entry closes the
// one before, a new field the one before. Where the document ends inside an entry or a field of
// the feed, that one is left out whole: it may be cut. Stops
// below `depth_max`. Linear in time.
[[nodiscard]] std::string RepairXml(std::string_view text, std::size_t depth_max);

}  // namespace saunter::crawler::feed::formats
