#include "crawler/health/blacklist.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
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
constexpr std::uint32_t kHostKind = 1;
constexpr std::uint32_t kSuffixKind = 2;
constexpr std::uint32_t kPrefixKind = 3;
constexpr std::uint32_t kPrefixHostKind = 4;

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

// Memory of large tables in pages of 2 MiB where the kernel gives them: a look-up in tens of
// megabytes waits less for the table of pages than for the memory itself.
template <typename T>
struct LargePages {
  using value_type = T;
  static constexpr std::size_t kPageBytes = std::size_t{2} << 20;

  LargePages() = default;
  template <typename U>
  explicit LargePages(const LargePages<U>&) {}

  T* allocate(std::size_t count) {
    const auto bytes = count * sizeof(T);
    if (bytes < kPageBytes) return std::allocator<T>().allocate(count);
    void* const memory = ::operator new(bytes, std::align_val_t(kPageBytes));
    madvise(memory, bytes, MADV_HUGEPAGE);  // only a hint: without it all is the same but slower
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPageBytes) return std::allocator<T>().deallocate(memory, count);
    ::operator delete(memory, std::align_val_t(kPageBytes));
  }
  bool operator==(const LargePages&) const { return true; }
};

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
    return FindPrefixHost(host, HashHost(host)).has_value();
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // Stands in the arena right before its text: a pattern or, of kind kPrefixHostKind, a host that
  // prefixes exist for, with the longest of them, so that other hosts cost no look at a prefix.
  struct Record {
    std::uint32_t text_bytes = 0;
    std::uint32_t kind : 8 = 0;
    std::uint32_t has_until : 1 = 0;
    std::uint32_t is_rule : 1 = 0;
    std::uint32_t tail_bytes_max : 22 = 0;
    std::uint32_t reason_at = 0;
    std::uint32_t reason_bytes = 0;
    schemas::UnixSeconds added_at = 0;
    schemas::UnixSeconds until_at = 0;
  };
  static_assert(sizeof(Record) == 32);
  struct Row {
    Record record;
    std::string_view text;
    std::uint64_t hash = 0;
  };
  // `place` counts units of the arena; kNowhere is a free slot.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t place = kNowhere;
  };
  static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kUnitBytes = 8;
  static constexpr std::size_t kRowsPerFilterWord = 4;

  void AddRows(const BlacklistEntry& entry, std::vector<Row>& rows, std::size_t& prefix_host);
  void StoreReasons(const std::vector<BlacklistEntry>& entries, std::vector<Row>& rows);
  void StoreRows(const std::vector<Row>& rows);
  void Insert(std::uint64_t hash, std::uint32_t place);
  [[nodiscard]] Row At(std::uint32_t place) const;
  // The row of this kind whose text is `head`, `middle` and `tail` in a row.
  [[nodiscard]] std::optional<Row> Find(std::uint64_t hash, std::uint32_t kind,
                                        std::string_view head, std::string_view middle,
                                        std::string_view tail) const;
  [[nodiscard]] std::optional<Row> FindPrefixHost(std::string_view host,
                                                  std::uint64_t host_hash) const {
    if (!has_prefixes_) return std::nullopt;
    return Find(HashEnd(host_hash, kPrefixHostKind), kPrefixHostKind, {}, host, {});
  }
  [[nodiscard]] std::optional<Row> FindPrefix(const Row& known, std::string_view host,
                                              std::uint64_t host_hash, std::string_view tail) const;
  // Nearly every look-up finds nothing, and the filter, which a cache can hold, says so.
  [[nodiscard]] bool MayHave(std::uint64_t hash) const {
    const auto mask = FilterMask(hash);
    return (filter_[Scale(hash, filter_.size())] & mask) == mask;
  }
  // Four bits, chosen by those of the hash that places in the tables take no part in.
  [[nodiscard]] static std::uint64_t FilterMask(std::uint64_t hash) {
    constexpr std::uint64_t kOne = 1;
    return kOne << (hash & 63) | kOne << (hash >> 6 & 63) | kOne << (hash >> 12 & 63) |
           kOne << (hash >> 18 & 63);
  }
  [[nodiscard]] static std::size_t Scale(std::uint64_t hash, std::size_t size) {
    return static_cast<std::size_t>(((hash >> 32) * size) >> 32);
  }
  [[nodiscard]] BlacklistMatch ToMatch(const Row& row) const;

  std::string reasons_;
  std::vector<char, LargePages<char>> arena_;
  std::vector<Slot, LargePages<Slot>> slots_;
  std::vector<std::uint64_t, LargePages<std::uint64_t>> filter_;
  std::size_t size_ = 0;
  bool has_prefixes_ = false;
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
  size_ = entries.size();
  std::vector<Row> rows;
  rows.reserve(entries.size());
  std::size_t prefix_host = std::numeric_limits<std::size_t>::max();
  for (const auto& entry : entries) AddRows(entry, rows, prefix_host);
  has_prefixes_ = prefix_host < rows.size();
  StoreReasons(entries, rows);
  StoreRows(rows);
}

// A prefix adds the row of its host, too, where it is the first of that host; `prefix_host` is the
// place of the newest such row.
void Blacklist::Index::AddRows(const BlacklistEntry& entry, std::vector<Row>& rows,
                               std::size_t& prefix_host) {
  Row row;
  row.text = entry.pattern;
  row.record.is_rule = entry.source == BlacklistSource::kRule ? 1 : 0;
  row.record.added_at = entry.added_at;
  row.record.has_until = entry.until_at ? 1 : 0;
  row.record.until_at = entry.until_at.value_or(0);
  const auto host = HostOf(row.text);
  switch (KindOf(row.text)) {
    case PatternKind::kHost:
      row.record.kind = kHostKind;
      row.hash = HashEnd(HashHost(host), kHostKind);
      break;
    case PatternKind::kSuffix:
      row.record.kind = kSuffixKind;
      row.hash = HashEnd(HashHost(host), kSuffixKind);
      break;
    case PatternKind::kPrefix: {
      const auto tail = row.text.substr(host.size() + 1);
      row.record.kind = kPrefixKind;
      row.hash = HashEnd(HashPrefix(host, tail), kPrefixKind);
      if (host.size() > kHostBytesMax || tail.size() > kPatternTailBytesMax) break;
      const auto bytes = static_cast<std::uint32_t>(tail.size()) & 0x3fffff;
      // The patterns are in order, so those of one host lie side by side, behind its row.
      if (prefix_host >= rows.size() || rows[prefix_host].text != host) {
        Row known;
        known.text = host;
        known.record.kind = kPrefixHostKind;
        known.hash = HashEnd(HashHost(host), kPrefixHostKind);
        prefix_host = rows.size();
        rows.push_back(known);
      }
      auto& known = rows[prefix_host].record;
      if (known.tail_bytes_max < bytes) known.tail_bytes_max = bytes & 0x3fffff;
      break;
    }
  }
  rows.push_back(row);
}

// Lists that are imported give one reason for all of their lines.
void Blacklist::Index::StoreReasons(const std::vector<BlacklistEntry>& entries,
                                    std::vector<Row>& rows) {
  std::unordered_map<std::string_view, std::size_t> reasons;
  for (const auto& entry : entries) {
    if (reasons.emplace(entry.reason, reasons_.size()).second) reasons_ += entry.reason;
  }
  if (reasons_.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("the blacklist's reasons hold more than 4 GiB of text");
  }
  auto entry = entries.begin();
  for (auto& row : rows) {
    if (row.record.kind == kPrefixHostKind) continue;
    row.record.reason_at = static_cast<std::uint32_t>(reasons.at(entry->reason));
    row.record.reason_bytes = static_cast<std::uint32_t>(entry->reason.size());
    ++entry;
  }
}

void Blacklist::Index::StoreRows(const std::vector<Row>& rows) {
  const auto units_of = [](const Row& row) {
    return (sizeof(Record) + row.text.size() + kUnitBytes - 1) / kUnitBytes;
  };
  std::size_t units = 0;
  for (const auto& row : rows) units += units_of(row);
  if (units >= kNowhere) throw std::length_error("the blacklist holds more than 32 GiB of text");
  arena_.resize(units * kUnitBytes);
  slots_.resize(rows.size() + rows.size() / 2 + 1);
  filter_.resize(rows.size() / kRowsPerFilterWord + 1);
  std::size_t place = 0;
  for (const auto& row : rows) {
    auto record = row.record;
    record.text_bytes = static_cast<std::uint32_t>(row.text.size());
    char* const at = arena_.data() + place * kUnitBytes;
    std::memcpy(at, &record, sizeof(record));
    std::memcpy(at + sizeof(record), row.text.data(), row.text.size());
    Insert(row.hash, static_cast<std::uint32_t>(place));
    place += units_of(row);
  }
}

void Blacklist::Index::Insert(std::uint64_t hash, std::uint32_t place) {
  std::size_t at = Scale(hash, slots_.size());
  while (slots_[at].place != kNowhere) at = at + 1 == slots_.size() ? 0 : at + 1;
  slots_[at] = {static_cast<std::uint32_t>(hash), place};
  filter_[Scale(hash, filter_.size())] |= FilterMask(hash);
}

Blacklist::Index::Row Blacklist::Index::At(std::uint32_t place) const {
  Row row;
  const char* const at = arena_.data() + place * kUnitBytes;
  std::memcpy(&row.record, at, sizeof(row.record));
  row.text = std::string_view(at + sizeof(row.record), row.record.text_bytes);
  return row;
}

std::optional<Blacklist::Index::Row> Blacklist::Index::Find(std::uint64_t hash, std::uint32_t kind,
                                                            std::string_view head,
                                                            std::string_view middle,
                                                            std::string_view tail) const {
  if (!MayHave(hash)) return std::nullopt;
  const auto tag = static_cast<std::uint32_t>(hash);
  for (std::size_t at = Scale(hash, slots_.size()); slots_[at].place != kNowhere;
       at = at + 1 == slots_.size() ? 0 : at + 1) {
    if (slots_[at].tag != tag) continue;
    const auto row = At(slots_[at].place);
    if (row.record.kind != kind) continue;
    if (row.text.size() != head.size() + middle.size() + tail.size()) continue;
    if (!row.text.starts_with(head) || !row.text.ends_with(tail)) continue;
    if (row.text.substr(head.size(), middle.size()) == middle) return row;
  }
  return std::nullopt;
}

BlacklistMatch Blacklist::Index::ToMatch(const Row& row) const {
  BlacklistMatch match;
  match.pattern = row.text;
  match.source = row.record.is_rule != 0 ? BlacklistSource::kRule : BlacklistSource::kOperator;
  match.reason = std::string_view(reasons_).substr(row.record.reason_at, row.record.reason_bytes);
  match.added_at = row.record.added_at;
  if (row.record.has_until != 0) match.until_at = row.record.until_at;
  return match;
}

std::optional<BlacklistMatch> Blacklist::Index::Match(std::string_view host,
                                                      std::optional<std::string_view> tail) const {
  if (host.empty() || size_ == 0) return std::nullopt;
  // Shortest first; the last one is the host itself.
  struct Suffix {
    std::uint64_t hash;
    std::size_t at;
  };
  std::array<Suffix, kHostBytesMax> suffixes;  // left unset beyond `count`
  std::size_t count = 0;
  const auto hash = HashSuffixes(host, [&](std::size_t at, std::uint64_t suffix) {
    suffixes[count++] = {HashEnd(suffix, kSuffixKind), at};
  });
  // The host's own places wait for memory together, and while its prefixes are looked up.
  const auto host_hash = HashEnd(hash, kHostKind);
  __builtin_prefetch(&filter_[Scale(host_hash, filter_.size())]);
  __builtin_prefetch(&slots_[Scale(host_hash, slots_.size())]);
  if (tail) {
    const auto known = FindPrefixHost(host, hash);
    const auto prefix = known ? FindPrefix(*known, host, hash, *tail) : std::nullopt;
    if (prefix) return ToMatch(*prefix);
  }
  if (const auto exact = Find(host_hash, kHostKind, {}, host, {})) return ToMatch(*exact);
  while (count-- > 0) {
    const auto& [suffix_hash, at] = suffixes[count];
    const auto suffix = Find(suffix_hash, kSuffixKind, "*.", host.substr(at), {});
    if (suffix) return ToMatch(*suffix);
  }
  return std::nullopt;
}

std::optional<Blacklist::Index::Row> Blacklist::Index::FindPrefix(const Row& known,
                                                                  std::string_view host,
                                                                  std::uint64_t host_hash,
                                                                  std::string_view tail) const {
  std::array<char, kPatternTailBytesMax + 1> buffer;  // left unset beyond the tail
  // One byte more than the longest prefix, for the byte that must follow it.
  const std::size_t tail_bytes_max = known.record.tail_bytes_max;
  const std::string_view text(buffer.data(),
                              NormaliseTail(tail, buffer.data(), tail_bytes_max + 1));
  std::optional<Row> longest;
  std::uint64_t hash = host_hash;
  bool in_query = false;
  for (std::size_t end = 1; end <= text.size() && end <= tail_bytes_max; ++end) {
    const char last = text[end - 1];
    if (last == '#') break;
    in_query = in_query || last == '?';
    hash = HashByte(hash, last);
    const char next = end < text.size() ? text[end] : '#';
    const bool may_end =
        last == '/' || next == '/' || next == '?' || next == '#' || (in_query && next == '&');
    if (!may_end) continue;
    const auto prefix =
        Find(HashEnd(hash, kPrefixKind), kPrefixKind, host, "/", text.substr(0, end));
    if (prefix) longest = prefix;
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
