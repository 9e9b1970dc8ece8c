#include "crawler/health/blacklist.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <unordered_map>

#include "schemas/site.h"
#include "schemas/text.h"

namespace saunter::crawler::health {
namespace {

using schemas::BlacklistEntry;
using schemas::BlacklistSource;

constexpr std::size_t kHostBytesMax = 256;  // one more than the longest that matches
constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
constexpr std::uint64_t kHashPrime = 0x9fb21c651e98df25;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

// Bytes of a host in lower case; 0 for those that end it or may end it.
constexpr std::array<char, 256> kFolded = [] {
  std::array<char, 256> folded{};
  for (std::size_t i = 0; i < folded.size(); ++i) {
    folded[i] = schemas::ToLowerAscii(static_cast<char>(i));
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

// Spreads the state over all 64 bits.
constexpr std::uint64_t HashEnd(std::uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}
constexpr std::uint8_t kHostKind = 1;
constexpr std::uint8_t kSuffixKind = 2;
constexpr std::uint8_t kPrefixKind = 3;
constexpr std::uint8_t kPrefixHostKind = 4;

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
  // `text` is a host, or begins with the authority of a URL.
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
      // Drops the port, and credentials once they turn out to be that.
      if (c == ':') end_ = std::min(text.find_first_of("/?#@", end_), text.size());
      if (end_ == text.size() || text[end_] != '@') break;
      size = 0;
    }
    if (size == 0 || size == kHostBytesMax) return;
    if (buffer_[size - 1] == '.') --size;
    view_ = std::string_view(buffer_.data(), size);
    view_ = schemas::WithoutWww(view_);
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

std::uint32_t ShortTime(schemas::UnixSeconds time) {
  return static_cast<std::uint32_t>(std::clamp<schemas::UnixSeconds>(time, 0, UINT32_MAX));
}

// At `place` in `texts`, which gets it.
std::uint32_t Append(std::string_view text, std::string& texts) {
  if (texts.size() > UINT32_MAX) throw std::length_error("the blacklist holds over 4 GiB of text");
  const auto place = static_cast<std::uint32_t>(texts.size());
  texts += text;
  return place;
}

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
  enum class Tenancy { kHost, kTenant };
  [[nodiscard]] std::optional<BlacklistMatch> Match(std::string_view host,
                                                    std::optional<std::string_view> tail,
                                                    Tenancy tenancy) const;
  // The same for the name of a site.
  [[nodiscard]] std::optional<BlacklistMatch> MatchSite(std::string_view site) const;
  [[nodiscard]] bool HasPrefixes(std::string_view host) const {
    return FindPrefixHost(host, HashEnd(HashHost(host))) != nullptr;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // A pattern or, of kind kPrefixHostKind, a host that prefixes exist for, with the longest of
  // them, so that other hosts cost no look at a prefix. Fills a line of the cache.
  struct alignas(64) Slot {
    static constexpr std::size_t kTextBytes = 40;

    std::uint32_t hash_bits = 0;
    std::uint8_t kind : 4 = 0;  // of a free slot
    bool has_until : 1 = false;
    bool is_rule : 1 = false;
    std::uint16_t text_bytes = 0;
    std::uint16_t tail_bytes_max = 0;
    std::uint16_t reason_bytes = 0;
    std::uint32_t reason_at = 0;
    std::uint32_t added_at = 0;  // Unix seconds, until 2106
    std::uint32_t until_at = 0;
    std::array<char, kTextBytes> text{};  // or, of a longer one, its place in long_texts_
  };
  static_assert(sizeof(Slot) == 64);
  struct Row {
    Slot slot;
    std::string_view text;
    std::uint64_t hash = 0;
  };
  static constexpr std::size_t kSlotsAhead = 4;  // asked of the memory at once
  static constexpr std::size_t kRowsPerFilterWord = 4;

  void AddRows(const BlacklistEntry& entry, std::vector<Row>& rows, std::size_t& prefix_host);
  void StoreReasons(const std::vector<BlacklistEntry>& entries, std::vector<Row>& rows);
  void StoreRows(std::vector<Row>& rows);
  [[nodiscard]] std::string_view TextOf(const Slot& slot) const;
  // The slot of this kind whose text is `head`, `middle` and `tail` in a row; null: there is none.
  [[nodiscard]] const Slot* Find(std::uint64_t hash, std::uint8_t kind, std::string_view head,
                                 std::string_view middle, std::string_view tail) const;
  [[nodiscard]] const Slot* FindPrefixHost(std::string_view host, std::uint64_t hash) const {
    return has_prefixes_ ? Find(hash, kPrefixHostKind, {}, host, {}) : nullptr;
  }
  [[nodiscard]] const Slot* FindPrefix(const Slot& known, std::string_view host,
                                       std::string_view tail) const;
  // Nearly every look-up finds nothing, and the filter, small enough for a cache, says so.
  [[nodiscard]] bool MayHave(std::uint64_t hash, std::uint8_t kind) const {
    const auto mask = FilterMask(hash, kind);
    return (filter_[Scale(hash, filter_.size())] & mask) == mask;
  }
  // Four bits, chosen by bits of the hash that do not choose places in the tables.
  [[nodiscard]] static std::uint64_t FilterMask(std::uint64_t hash, std::uint8_t kind) {
    constexpr std::uint64_t kOne = 1;
    hash += kind * 0x9e3779b97f4a7c15;
    return kOne << (hash & 63) | kOne << (hash >> 6 & 63) | kOne << (hash >> 12 & 63) |
           kOne << (hash >> 18 & 63);
  }
  [[nodiscard]] static std::size_t Scale(std::uint64_t hash, std::size_t size) {
    return static_cast<std::size_t>(((hash >> 32) * size) >> 32);
  }
  // The place of a hash among the slots. A row whose place is taken goes to the next free one;
  // behind the last place there are enough slots for that.
  [[nodiscard]] std::size_t HomeOf(std::uint64_t hash) const { return Scale(hash, homes_); }
  [[nodiscard]] BlacklistMatch ToMatch(const Slot& slot) const;

  std::string reasons_;
  std::string long_texts_;
  std::vector<Slot, LargePages<Slot>> slots_;
  std::size_t homes_ = 0;
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
  row.slot.is_rule = entry.source == BlacklistSource::kRule;
  row.slot.added_at = ShortTime(entry.added_at);
  row.slot.has_until = entry.until_at.has_value();
  row.slot.until_at = ShortTime(entry.until_at.value_or(0));
  const auto host = HostOf(row.text);
  switch (KindOf(row.text)) {
    case PatternKind::kHost:
      row.slot.kind = kHostKind;
      row.hash = HashEnd(HashHost(host));
      break;
    case PatternKind::kSuffix:
      row.slot.kind = kSuffixKind;
      row.hash = HashEnd(HashHost(host));
      break;
    case PatternKind::kPrefix: {
      const auto tail = row.text.substr(host.size() + 1);
      row.slot.kind = kPrefixKind;
      row.hash = HashEnd(HashPrefix(host, tail));
      if (host.size() > kHostBytesMax || tail.size() > kPatternTailBytesMax) break;
      const auto bytes = static_cast<std::uint16_t>(tail.size());
      // The patterns are in order, so those of one host lie side by side, behind its row.
      if (prefix_host >= rows.size() || rows[prefix_host].text != host) {
        Row known;
        known.text = host;
        known.slot.kind = kPrefixHostKind;
        known.hash = HashEnd(HashHost(host));
        prefix_host = rows.size();
        rows.push_back(known);
      }
      auto& known = rows[prefix_host].slot;
      known.tail_bytes_max = std::max(known.tail_bytes_max, bytes);
      break;
    }
  }
  rows.push_back(row);
}

// An imported list gives one reason for all of its lines.
void Blacklist::Index::StoreReasons(const std::vector<BlacklistEntry>& entries,
                                    std::vector<Row>& rows) {
  std::unordered_map<std::string_view, std::uint32_t> places;
  auto entry = entries.begin();
  for (auto& row : rows) {
    if (row.slot.kind == kPrefixHostKind) continue;
    const auto reason = std::string_view(entry->reason).substr(0, UINT16_MAX);
    const auto [place, is_new] = places.try_emplace(reason);
    if (is_new) place->second = Append(reason, reasons_);
    row.slot.reason_at = place->second;
    row.slot.reason_bytes = static_cast<std::uint16_t>(reason.size());
    ++entry;
  }
}

void Blacklist::Index::StoreRows(std::vector<Row>& rows) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.hash < b.hash; });
  homes_ = rows.size() + rows.size() / 4 + 1;
  filter_.resize(rows.size() / kRowsPerFilterWord + 1);
  // In the order of their hashes no row ends far from its place; the last ones may end behind all.
  std::size_t slots = 0;
  for (const auto& row : rows) slots = std::max(slots, HomeOf(row.hash)) + 1;
  slots_.resize(std::max(slots, homes_) + kSlotsAhead);
  std::size_t next = 0;
  for (auto& [slot, text, hash] : rows) {
    filter_[Scale(hash, filter_.size())] |= FilterMask(hash, slot.kind);
    slot.hash_bits = static_cast<std::uint32_t>(hash);
    if (text.size() > UINT16_MAX) throw std::length_error("a blacklist pattern of over 64 KiB");
    slot.text_bytes = static_cast<std::uint16_t>(text.size());
    if (text.size() <= slot.text.size()) {
      std::copy(text.begin(), text.end(), slot.text.begin());
    } else {
      const auto place = Append(text, long_texts_);
      std::memcpy(slot.text.data(), &place, sizeof(place));
    }
    next = std::max(next, HomeOf(hash));
    slots_[next++] = slot;
  }
  long_texts_.shrink_to_fit();
  reasons_.shrink_to_fit();
}

std::string_view Blacklist::Index::TextOf(const Slot& slot) const {
  if (slot.text_bytes <= slot.text.size()) return {slot.text.data(), slot.text_bytes};
  std::uint32_t place = 0;
  std::memcpy(&place, slot.text.data(), sizeof(place));
  return std::string_view(long_texts_).substr(place, slot.text_bytes);
}

const Blacklist::Index::Slot* Blacklist::Index::Find(std::uint64_t hash, std::uint8_t kind,
                                                     std::string_view head, std::string_view middle,
                                                     std::string_view tail) const {
  if (!MayHave(hash, kind)) return nullptr;
  const auto hash_bits = static_cast<std::uint32_t>(hash);
  for (const auto* slot = &slots_[HomeOf(hash)]; slot->kind != 0; ++slot) {
    if (slot->hash_bits != hash_bits || slot->kind != kind) continue;
    const auto text = TextOf(*slot);
    if (text.size() != head.size() + middle.size() + tail.size()) continue;
    if (!text.starts_with(head) || !text.ends_with(tail)) continue;
    if (text.substr(head.size(), middle.size()) == middle) return slot;
  }
  return nullptr;
}

BlacklistMatch Blacklist::Index::ToMatch(const Slot& slot) const {
  BlacklistMatch match;
  match.pattern = TextOf(slot);
  match.source = slot.is_rule ? BlacklistSource::kRule : BlacklistSource::kOperator;
  match.reason = std::string_view(reasons_).substr(slot.reason_at, slot.reason_bytes);
  match.added_at = slot.added_at;
  if (slot.has_until) match.until_at = slot.until_at;
  return match;
}

std::optional<BlacklistMatch> Blacklist::Index::MatchSite(std::string_view site) const {
  const FoldedHost host(site);
  const auto tenant = schemas::TenantPath(site.substr(host.end()));
  if (tenant.empty()) return Match(host.view(), std::nullopt, Tenancy::kHost);
  // Its pages begin with this.
  std::array<char, kHostBytesMax> tail;  // left unset beyond the tenant
  const auto size = std::min(tenant.size() - 1, tail.size() - 1);
  std::copy_n(tenant.begin() + 1, size, tail.begin());
  tail[size] = '/';
  return Match(host.view(), std::string_view(tail.data(), size + 1), Tenancy::kTenant);
}

std::optional<BlacklistMatch> Blacklist::Index::Match(std::string_view host,
                                                      std::optional<std::string_view> tail,
                                                      Tenancy tenancy) const {
  if (host.empty() || size_ == 0) return std::nullopt;
  // Shortest first; the last one is the host itself. Their buckets wait for memory together.
  struct Suffix {
    std::uint64_t hash;
    std::size_t at;
  };
  std::array<Suffix, kHostBytesMax> suffixes;  // left unset beyond `count`
  std::size_t count = 0;
  HashSuffixes(host, [&](std::size_t at, std::uint64_t suffix) {
    suffixes[count] = {HashEnd(suffix), at};
    __builtin_prefetch(&filter_[Scale(suffixes[count++].hash, filter_.size())]);
  });
  const auto host_hash = suffixes[count - 1].hash;
  for (std::size_t i = 0; i < kSlotsAhead; ++i) __builtin_prefetch(&slots_[HomeOf(host_hash) + i]);
  if (tail) {
    const auto* known = FindPrefixHost(host, host_hash);
    const auto* prefix = known != nullptr ? FindPrefix(*known, host, *tail) : nullptr;
    if (prefix != nullptr) return ToMatch(*prefix);
  }
  const auto* exact = Find(host_hash, kHostKind, {}, host, {});
  const bool is_others = exact == nullptr || (exact->is_rule && tenancy == Tenancy::kTenant);
  if (!is_others) return ToMatch(*exact);
  while (count-- > 0) {
    const auto& [suffix_hash, at] = suffixes[count];
    const auto* suffix = Find(suffix_hash, kSuffixKind, "*.", host.substr(at), {});
    if (suffix != nullptr) return ToMatch(*suffix);
  }
  return std::nullopt;
}

const Blacklist::Index::Slot* Blacklist::Index::FindPrefix(const Slot& known, std::string_view host,
                                                           std::string_view tail) const {
  std::array<char, kPatternTailBytesMax + 1> buffer;  // left unset beyond the tail
  // One byte more than the longest prefix, for the byte that must follow it.
  const std::size_t tail_bytes_max = known.tail_bytes_max;
  const std::string_view text(buffer.data(),
                              NormaliseTail(tail, buffer.data(), tail_bytes_max + 1));
  const Slot* longest = nullptr;
  std::uint64_t hash = HashHost(host);
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
    const auto* prefix = Find(HashEnd(hash), kPrefixKind, host, "/", text.substr(0, end));
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
  const auto tenancy =
      schemas::TenantPath(url).empty() ? Index::Tenancy::kHost : Index::Tenancy::kTenant;
  if (url.starts_with('/')) url.remove_prefix(1);
  return index_->Match(host.view(), url, tenancy);
}

std::optional<BlacklistMatch> Blacklist::MatchHost(std::string_view site) const {
  return index_->MatchSite(site);
}

bool Blacklist::Allows(std::string_view site) const {
  return allowed_->MatchSite(site).has_value();
}

bool Blacklist::HasPrefixes(std::string_view host) const {
  const FoldedHost folded(host);
  return !folded.view().empty() && index_->HasPrefixes(folded.view());
}

std::size_t Blacklist::size() const { return index_->size(); }

}  // namespace saunter::crawler::health
