// What becomes of each feed that an operator names: added, known already, or refused, and why.
//
// Feeds are told apart by their address, normalised (RFC 3986, 6.2) and without its fragment, and
// by nothing else; twins by http, www or a slash meet later, where a redirect says so. The
// blacklist is compiled once and asked in memory; of what was seen only eight bytes a feed are
// kept, so that a list of ten million lines passes.
//
// Thread safety: one thread. Errors: values; StoreError from reading what is known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/health/blacklist.h"
#include "crawler/lists/outlines.h"
#include "schemas/batch.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/reader.h"

namespace saunter::crawler::cli {

// Keys, each with a mark of two bits; 62 bits of a key count.
class MarkedKeys {
 public:
  enum class Mark : std::uint64_t { kKnown = 0, kKnownWithoutCategory = 1, kSeen = 2 };
  MarkedKeys();
  // The mark that the key has already, or nothing if it is new and has this one now.
  std::optional<Mark> Insert(schemas::Key key, Mark mark);
  void SetMark(schemas::Key key, Mark mark);
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  [[nodiscard]] std::size_t PlaceOf(std::uint64_t slot) const;
  void Grow();

  std::vector<std::uint64_t> slots_;  // 0: free
  std::size_t used_ = 0;
};

class FeedIntake {
 public:
  // `reader` is null where there is no database yet.
  FeedIntake(const schemas::Settings& settings, std::unique_ptr<store::Reader> reader,
             schemas::UnixSeconds now);

  enum class Kind { kAdd, kKnown, kRepeated, kBlacklisted, kRefused };
  struct Judgement {
    Kind kind = Kind::kAdd;
    std::string reason;                    // of a refusal, or the blacklist's
    std::optional<schemas::AddFeed> feed;  // to be written; also a known one that lacks a category
  };
  // `category` goes before the outline's own.
  [[nodiscard]] Judgement Judge(const lists::Outline& outline, const std::string& category);

 private:
  void LoadKnown();

  const schemas::ScheduleSettings schedule_;
  const std::unique_ptr<store::Reader> reader_;
  const schemas::UnixSeconds now_;
  std::unique_ptr<const health::Blacklist> blacklist_;
  MarkedKeys keys_;
};

// What is wrong with the URL of a feed, for a person; asked only where ParseUrl refuses it.
[[nodiscard]] std::string RefusalOf(std::string_view url);

}  // namespace saunter::crawler::cli
