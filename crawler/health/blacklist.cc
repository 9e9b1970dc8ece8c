#include "crawler/health/blacklist.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <unordered_map>

namespace saunter::crawler::health {
namespace {

using schemas::BlacklistEntry;
using schemas::BlacklistSource;

constexpr std::size_t kHostBytesMax = 256;  // one more than the longest that matches
constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
constexpr std::uint64_t kHashPrime = 0x9fb21c651e98df25;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

// Bytes of a host in lower case; 0 for those that end it or may.
constexpr std::array<char, 256> kFolded = [] {
  std::array<char, 256> folded{};
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const char c = static_cast<char>(i);
    folded[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  for (const char c : {'/', '?', '#', '@', ':'}) folded[static_cast<unsigned char>(c)] = 0;
  return folded;
}();

constexpr std::uint64_t HashWord(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * kHashPrime;
  return hash ^ (hash >> 32);
}

// Eight bytes at a time; the last word holds the bytes that are left over and how many.
std::uint64_t HashText(std::uint64_t hash, std::string_view text) {
  std::uint64_t word = 0;
  while (text.size() >= kWordBytes) {
    std::memcpy(&word, text.data(), kWordBytes);
    hash = HashWord(hash, word);
    text.remove_prefix(kWordBytes);
  }
  word = text.size();  // below 8, so seven bytes fit beside it
  for (const char c : text) word = (word << 8) | static_cast<unsigned char>(c);
  return HashWord(hash, word);
}

constexpr std::uint64_t HashByte(std::uint64_t hash, char byte) {
  return HashWord(hash, static_cast<unsigned char>(byte));
}

// Spreads the state over all 64 bits and keeps the kinds apart.
constexpr std::uint64_t HashEnd(std::uint64_t hash, std::uint64_t kind) {
  hash += kind * 0x9e3779b97f4a7c15;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}
constexpr std::uint64_t kHostKind = 1;
constexpr std::uint64_t kSuffixKind = 2;
constexpr std::uint64_t kPrefixKind = 3;
constexpr std::uint64_t kPrefixHostKind = 4;

// Calls each(at, hash) for every suffix of the host that begins at a label, the shortest first.
template <typename Each>
std::uint64_t HashSuffixes(std::string_view host, Each each) {
  std::uint64_t hash = kHashStart;
  std::size_t end = host.size();
  for (std::size_t at = host.size(); at-- > 0;) {
    if (at > 0 && host[at - 1] != '.') continue;
    hash = HashText(hash, host.substr(at, end - at));
    end = at;
    each(at, hash);
  }
  return hash;
}

std::uint64_t HashHost(std::string_view host) {
  return HashSuffixes(host, [](std::size_t, std::uint64_t) {});
}

std::uint64_t HashPrefix(std::string_view host, std::string_view tail) {
  std::uint64_t hash = HashHost(host);
  for (const char c : tail) hash = HashByte(hash, c);
  return hash;
}

// A host as patterns have it, made from one in a URL without allocating. One pass over it.
class FoldedHost {
 public:
  // `text` begins with the authority of a URL, or is a host.
  explicit FoldedHost(std::string_view text) {
    std::size_t size = 0;
    for (; end_ < text.size() && size < kHostBytesMax; ++end_) {
      const char folded = kFolded[static_cast<unsigned char>(text[end_])];
      if (folded != 0) {
        buffer_[size++] = folded;
        continue;
      }
      const char c = text[end_];
      const bool in_brackets = size > 0 && buffer_[0] == '[' && buffer_[size - 1] != ']';
      if (c == ':' && in_brackets) {
        buffer_[size++] = c;
        continue;
      }
      // The port goes, and so does what turns out to have been credentials.
      if (c == ':') end_ = std::min(text.find_first_of("/?#@", end_), text.size());
      if (end_ == text.size() || text[end_] != '@') break;
      size = 0;
    }
    if (size == 0 || size == kHostBytesMax) return;
    if (buffer_[size - 1] == '.') --size;
    view_ = std::string_view(buffer_.data(), size);
    constexpr std::string_view kWww = "www.";
    // The twin rule of SiteHost in crawler/url.h.
    if (view_.starts_with(kWww) && view_.find('.', kWww.size()) != std::string_view::npos) {
      view_.remove_prefix(kWww.size());
    }
  }
  FoldedHost(const FoldedHost&) = delete;
  FoldedHost& operator=(const FoldedHost&) = delete;
  ~FoldedHost() = default;
  [[nodiscard]] std::string_view view() const { return view_; }  // empty: matches nothing
  [[nodiscard]] std::size_t end() const { return end_; }         // of the authority in the text

 private:
  std::array<char, kHostBytesMax> buffer_;  // left unset beyond the host
  std::string_view view_;
  std::size_t end_ = 0;
};

}  // namespace

BlacklistEntry BlacklistMatch::ToEntry() const {
  return {.pattern = std::string(pattern),
          .source = source,
          .reason = std::string(reason),
          .added_at = added_at,
          .until_at = until_at};
}

class Blacklist::Index {
 public:
  explicit Index(std::vector<BlacklistEntry> entries);
  // Hosts are folded; a tail is what follows the host and its "/" in a URL.
  [[nodiscard]] std::optional<BlacklistMatch> Match(std::string_view host,
                                                    std::optional<std::string_view> tail) const;
  [[nodiscard]] bool HasPrefixes(std::string_view host) const {
    return FindPrefixHost(host, HashHost(host)) != nullptr;
  }
  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  struct Record {
    std::uint32_t pattern_at = 0;
    std::uint32_t pattern_bytes : 31 = 0;
    std::uint32_t has_until : 1 = 0;
    std::uint32_t reason_at = 0;
    std::uint32_t reason_bytes : 31 = 0;
    std::uint32_t is_rule : 1 = 0;
    schemas::UnixSeconds added_at = 0;
    schemas::UnixSeconds until_at = 0;
  };
  static_assert(sizeof(Record) == 32);
  // A host that prefixes exist for, with the longest of them, so that others cost one look-up.
  struct PrefixHost {
    std::uint32_t host_at = 0;
    std::uint32_t host_bytes : 12 = 0;
    std::uint32_t tail_bytes_max : 20 = 0;
  };
  // `row` counts records first, then prefix hosts; kNoRow is a free slot.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t row = kNoRow;
  };
  static constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

  void AddRecords(const std::vector<BlacklistEntry>& entries);
  void AddPrefixHosts();
  std::uint32_t Store(std::string_view text);
  void Insert(std::uint64_t hash, std::size_t row);
  // The first row with this hash that `is_it(row)` agrees to.
  template <typename Predicate>
  [[nodiscard]] std::optional<std::size_t> Find(std::uint64_t hash, Predicate is_it) const;
  // The record whose pattern is `head`, `middle` and `tail` in a row.
  [[nodiscard]] const Record* FindRecord(std::uint64_t hash, std::string_view head,
                                         std::string_view middle, std::string_view tail) const;
  [[nodiscard]] const PrefixHost* FindPrefixHost(std::string_view host,
                                                 std::uint64_t host_hash) const;
  [[nodiscard]] const Record* FindPrefix(const PrefixHost& known, std::string_view host,
                                         std::uint64_t host_hash, std::string_view tail) const;
  [[nodiscard]] std::string_view PatternOf(const Record& record) const {
    return std::string_view(arena_).substr(record.pattern_at, record.pattern_bytes);
  }
  [[nodiscard]] std::size_t SlotOf(std::uint64_t hash) const {
    return static_cast<std::size_t>(((hash >> 32) * slots_.size()) >> 32);
  }
  // A look-up in a large table waits for memory; several that were announced wait together.
  void Prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[SlotOf(hash)]); }
  [[nodiscard]] BlacklistMatch ToMatch(const Record& record) const;

  std::string arena_;
  std::vector<Record> records_;  // by pattern
  std::vector<PrefixHost> prefix_hosts_;
  std::vector<Slot> slots_;
};

Blacklist::Index::Index(std::vector<BlacklistEntry> entries) {
  const auto by_pattern = [](const BlacklistEntry& a, const BlacklistEntry& b) {
    return a.pattern < b.pattern;
  };
  if (!std::is_sorted(entries.begin(), entries.end(), by_pattern)) {
    std::stable_sort(entries.begin(), entries.end(), by_pattern);
  }
  const auto same = [](const BlacklistEntry& a, const BlacklistEntry& b) {
    return a.pattern == b.pattern;
  };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  AddRecords(entries);
  AddPrefixHosts();
  const std::size_t rows = records_.size() + prefix_hosts_.size();
  slots_.resize(rows + rows / 2 + 1);
  for (std::size_t row = 0; row < records_.size(); ++row) {
    const auto pattern = PatternOf(records_[row]);
    const auto host = HostOf(pattern);
    switch (KindOf(pattern)) {
      case PatternKind::kHost:
        Insert(HashEnd(HashHost(host), kHostKind), row);
        break;
      case PatternKind::kSuffix:
        Insert(HashEnd(HashHost(host), kSuffixKind), row);
        break;
      case PatternKind::kPrefix:
        Insert(HashEnd(HashPrefix(host, pattern.substr(host.size() + 1)), kPrefixKind), row);
        break;
    }
  }
  for (std::size_t i = 0; i < prefix_hosts_.size(); ++i) {
    const auto& known = prefix_hosts_[i];
    const auto host = std::string_view(arena_).substr(known.host_at, known.host_bytes);
    Insert(HashEnd(HashHost(host), kPrefixHostKind), records_.size() + i);
  }
}

std::uint32_t Blacklist::Index::Store(std::string_view text) {
  if (arena_.size() + text.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("the blacklist holds more than 4 GiB of text");
  }
  const auto at = static_cast<std::uint32_t>(arena_.size());
  arena_.append(text);
  return at;
}

void Blacklist::Index::AddRecords(const std::vector<BlacklistEntry>& entries) {
  // Lists that are imported give one reason for all of their lines.
  std::unordered_map<std::string_view, std::uint32_t> reasons;
  std::size_t text_bytes = 0;
  for (const auto& entry : entries) {
    text_bytes += entry.pattern.size();
    if (reasons.emplace(entry.reason, 0).second) text_bytes += entry.reason.size();
  }
  arena_.reserve(text_bytes);
  records_.reserve(entries.size());
  for (auto& [reason, at] : reasons) at = Store(reason);
  for (const auto& entry : entries) {
    Record record;
    record.pattern_at = Store(entry.pattern);
    record.pattern_bytes = static_cast<std::uint32_t>(entry.pattern.size()) & 0x7fffffff;
    record.reason_at = reasons.at(entry.reason);
    record.reason_bytes = static_cast<std::uint32_t>(entry.reason.size()) & 0x7fffffff;
    record.is_rule = entry.source == BlacklistSource::kRule ? 1 : 0;
    record.added_at = entry.added_at;
    record.has_until = entry.until_at ? 1 : 0;
    record.until_at = entry.until_at.value_or(0);
    records_.push_back(record);
  }
}

// The records are in order, so the prefixes of one host lie side by side.
void Blacklist::Index::AddPrefixHosts() {
  std::string_view newest_host;
  for (const auto& record : records_) {
    const auto pattern = PatternOf(record);
    if (KindOf(pattern) != PatternKind::kPrefix) continue;
    const auto host = HostOf(pattern);
    const std::size_t tail_bytes = pattern.size() - host.size() - 1;
    if (host.size() > kHostBytesMax || tail_bytes > kPatternTailBytesMax) continue;
    if (prefix_hosts_.empty() || host != newest_host) {
      newest_host = host;
      PrefixHost known;
      known.host_at = record.pattern_at;
      known.host_bytes = static_cast<std::uint32_t>(host.size()) & 0xfff;
      prefix_hosts_.push_back(known);
    }
    auto& known = prefix_hosts_.back();
    known.tail_bytes_max =
        std::max<std::uint32_t>(known.tail_bytes_max, static_cast<std::uint32_t>(tail_bytes)) &
        0xfffff;
  }
  prefix_hosts_.shrink_to_fit();
}

void Blacklist::Index::Insert(std::uint64_t hash, std::size_t row) {
  std::size_t at = SlotOf(hash);
  while (slots_[at].row != kNoRow) at = at + 1 == slots_.size() ? 0 : at + 1;
  slots_[at] = {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(row)};
}

template <typename Predicate>
std::optional<std::size_t> Blacklist::Index::Find(std::uint64_t hash, Predicate is_it) const {
  const auto tag = static_cast<std::uint32_t>(hash);
  for (std::size_t at = SlotOf(hash); slots_[at].row != kNoRow;
       at = at + 1 == slots_.size() ? 0 : at + 1) {
    if (slots_[at].tag == tag && is_it(slots_[at].row)) return slots_[at].row;
  }
  return std::nullopt;
}

const Blacklist::Index::Record* Blacklist::Index::FindRecord(std::uint64_t hash,
                                                             std::string_view head,
                                                             std::string_view middle,
                                                             std::string_view tail) const {
  const auto row = Find(hash, [&](std::size_t at) {
    if (at >= records_.size()) return false;
    auto pattern = PatternOf(records_[at]);
    if (pattern.size() != head.size() + middle.size() + tail.size()) return false;
    if (!pattern.starts_with(head) || !pattern.ends_with(tail)) return false;
    return pattern.substr(head.size(), middle.size()) == middle;
  });
  return row ? &records_[*row] : nullptr;
}

const Blacklist::Index::PrefixHost* Blacklist::Index::FindPrefixHost(
    std::string_view host, std::uint64_t host_hash) const {
  if (prefix_hosts_.empty()) return nullptr;
  const auto row = Find(HashEnd(host_hash, kPrefixHostKind), [&](std::size_t at) {
    if (at < records_.size()) return false;
    const auto& known = prefix_hosts_[at - records_.size()];
    return std::string_view(arena_).substr(known.host_at, known.host_bytes) == host;
  });
  return row ? &prefix_hosts_[*row - records_.size()] : nullptr;
}

BlacklistMatch Blacklist::Index::ToMatch(const Record& record) const {
  BlacklistMatch match;
  match.pattern = PatternOf(record);
  match.source = record.is_rule != 0 ? BlacklistSource::kRule : BlacklistSource::kOperator;
  match.reason = std::string_view(arena_).substr(record.reason_at, record.reason_bytes);
  match.added_at = record.added_at;
  if (record.has_until != 0) match.until_at = record.until_at;
  return match;
}

std::optional<BlacklistMatch> Blacklist::Index::Match(std::string_view host,
                                                      std::optional<std::string_view> tail) const {
  if (host.empty()) return std::nullopt;
  struct Suffix {
    std::uint64_t hash;
    std::size_t at;
  };
  std::array<Suffix, kHostBytesMax> suffixes;  // left unset beyond `count`
  std::size_t count = 0;
  const auto hash = HashSuffixes(host, [&](std::size_t at, std::uint64_t suffix) {
    suffixes[count] = {HashEnd(suffix, kSuffixKind), at};
    Prefetch(suffixes[count++].hash);
  });
  const auto host_hash = HashEnd(hash, kHostKind);
  Prefetch(host_hash);
  if (tail) {
    const auto* known = FindPrefixHost(host, hash);
    const auto* prefix = known != nullptr ? FindPrefix(*known, host, hash, *tail) : nullptr;
    if (prefix != nullptr) return ToMatch(*prefix);
  }
  if (const auto* exact = FindRecord(host_hash, {}, host, {})) return ToMatch(*exact);
  while (count-- > 0) {
    const auto& [suffix_hash, at] = suffixes[count];
    if (const auto* suffix = FindRecord(suffix_hash, "*.", host.substr(at), {})) {
      return ToMatch(*suffix);
    }
  }
  return std::nullopt;
}

const Blacklist::Index::Record* Blacklist::Index::FindPrefix(const PrefixHost& known,
                                                             std::string_view host,
                                                             std::uint64_t host_hash,
                                                             std::string_view tail) const {
  std::array<char, kPatternTailBytesMax + 1> buffer;  // left unset beyond the tail
  // One byte more than the longest prefix, for the byte that must follow it.
  const std::string_view text(
      buffer.data(), NormaliseTail(tail, buffer.data(), std::size_t{known.tail_bytes_max} + 1));
  const Record* longest = nullptr;
  std::uint64_t hash = host_hash;
  bool in_query = false;
  for (std::size_t end = 1; end <= text.size() && end <= known.tail_bytes_max; ++end) {
    const char last = text[end - 1];
    if (last == '#') break;
    in_query = in_query || last == '?';
    hash = HashByte(hash, last);
    const char next = end < text.size() ? text[end] : '#';
    const bool may_end =
        last == '/' || next == '/' || next == '?' || next == '#' || (in_query && next == '&');
    if (!may_end) continue;
    const auto* prefix = FindRecord(HashEnd(hash, kPrefixKind), host, "/", text.substr(0, end));
    if (prefix != nullptr) longest = prefix;
  }
  return longest;
}

Blacklist::Blacklist(std::vector<BlacklistEntry> entries) {
  const auto is_allowed = [](const BlacklistEntry& entry) {
    return entry.source == BlacklistSource::kAllow;
  };
  std::vector<BlacklistEntry> allowed;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(allowed), is_allowed);
  if (!allowed.empty()) std::erase_if(entries, is_allowed);
  index_ = std::make_unique<const Index>(std::move(entries));
  allowed_ = std::make_unique<const Index>(std::move(allowed));
}
Blacklist::~Blacklist() = default;

std::optional<BlacklistMatch> Blacklist::MatchUrl(std::string_view url) const {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  url.remove_prefix(scheme_end + 3);
  const FoldedHost host(url);
  url.remove_prefix(host.end());
  if (url.starts_with('/')) url.remove_prefix(1);
  return index_->Match(host.view(), url);
}

std::optional<BlacklistMatch> Blacklist::MatchHost(std::string_view host) const {
  return index_->Match(FoldedHost(host).view(), std::nullopt);
}

bool Blacklist::Allows(std::string_view host) const {
  return allowed_->Match(FoldedHost(host).view(), std::nullopt).has_value();
}

bool Blacklist::HasPrefixes(std::string_view host) const {
  const FoldedHost folded(host);
  return !folded.view().empty() && index_->HasPrefixes(folded.view());
}

std::size_t Blacklist::size() const { return index_->size(); }

}  // namespace saunter::crawler::health
