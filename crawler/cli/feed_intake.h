// Decides what becomes of each feed that an operator names: added, known already, or refused and
// why.
//
// Feeds are told apart by nothing but their address, normalised (RFC 3986, 6.2) and without its
// fragment. Addresses of one feed that differ in http, www or a slash are joined later, where a
// redirect says so. The blacklist is compiled once and asked in memory. Eight bytes are kept of
// each feed, so that a list of ten million lines is no trouble.
//
// Thread safety: one thread. Errors: Judgement::reason; StoreError from reading what is known.
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

// A set of keys, each with a mark of two bits; only 62 bits of a key count.
class MarkedKeys {
 public:
  // Of known feeds: in some category, in none, in the one that is wanted.
  enum class Mark : std::uint64_t { kKnown = 0, kSeen = 1, kUncategorised = 2, kInCategory = 3 };
  MarkedKeys();
  // The mark that the key has already; nullopt if it is new, and now has this one.
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
  // `reader` is null where there is no database yet. `category`, if not empty, is taken in place of
  // what outlines say, for known feeds, too; these get an outline's own if they have none.
  FeedIntake(const schemas::Settings& settings, std::unique_ptr<store::Reader> reader,
             schemas::UnixSeconds now, std::string category);

  enum class Kind { kAdd, kKnown, kRepeated, kBlacklisted, kRefused };
  struct Judgement {
    Kind kind = Kind::kAdd;
    std::string reason;                         // why it is refused or blacklisted
    std::string advice = {};                    // the command that takes it off the blacklist
    std::optional<schemas::AddFeed> feed = {};  // to write; also one that is known
    bool is_moved = false;                      // known, and gets feed->category
  };
  [[nodiscard]] Judgement Judge(const lists::Outline& outline);

 private:
  void LoadKnown();

  const schemas::ScheduleSettings schedule_;
  const std::unique_ptr<store::Reader> reader_;
  const schemas::UnixSeconds now_;
  const std::string category_;
  std::unique_ptr<const health::Blacklist> blacklist_;
  MarkedKeys keys_;
};

// What is wrong with the URL of a feed that ParseUrl refuses, for a person.
[[nodiscard]] std::string RefusalOf(std::string_view url);

}  // namespace saunter::crawler::cli
