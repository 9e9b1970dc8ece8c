// Ids, keys and times, as every record has them.
//
// A field of a record, its SQL column and its JSON key are one word, letter for letter, but where a
// record's VisitFields gives another, since two records meet in one row. `…_at` is
// Unix seconds, `…_s` and `…_ms` are durations, `…_key` is a 64-bit hash (see crawler/url/url.h).
// An absent value is std::nullopt or, for text, the empty string, stored as NULL.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saunter::schemas {

using Id = std::int64_t;
using Key = std::int64_t;
using UnixSeconds = std::int64_t;

// A key that is compared with few others, those of one site or one feed, and stored often: 47 bits,
// which take SQLite six bytes.
inline constexpr Key kShortKeyMask = (Key{1} << 47) - 1;
inline Key ShortKey(Key key) { return key & kShortKeyMask; }
// One that is compared with a single other: 31 bits, four bytes.
inline constexpr Key kContentKeyMask = (Key{1} << 31) - 1;

// A limit of the settings, which are never negative, as sizes are compared with it.
inline std::size_t Limit(std::int64_t value) { return static_cast<std::size_t>(value); }

}  // namespace saunter::schemas
