// Chooses links at random among those that fit, as the API does: first a source, then one of its
// links; each source once before any twice, and no link twice.
//
// A source's chance is the weight that readers' votes give it. Sixteen bytes are kept of each link
// that fits, and a little more if a language is asked for.
//
// Thread safety: one thread. Errors: none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "schemas/link.h"
#include "schemas/topics/topics.h"
#include "schemas/units.h"
#include "store/weights.h"

namespace saunter::crawler::cli {

// What an operator asks of a link.
enum class LinkCondition : unsigned {
  kCategory,
  kNotCategory,
  kLanguage,
  kMaxAgeDays,
  kSite,
  kNotSite
};
inline constexpr std::size_t kLinkConditions = 6;

struct CategoryWish {
  schemas::topics::TopicMask topics = 0;
  std::vector<schemas::Id> category_ids;

  [[nodiscard]] bool IsMetBy(const schemas::PoolRow& row,
                             schemas::topics::TopicMask topics_of_link) const;
};

struct LinkWish {
  std::optional<CategoryWish> category;
  CategoryWish not_category;
  std::string language;  // see schemas/language.h; empty: any
  std::optional<std::int64_t> max_age_days;
  std::optional<schemas::Id> site_id;  // where it stands
  std::vector<schemas::Id> not_site_ids;
};

class LinkChoice {
 public:
  LinkChoice(LinkWish wish, schemas::UnixSeconds now) : wish_(std::move(wish)), now_(now) {}

  void Offer(const schemas::PoolRow& row, schemas::topics::TopicMask topics);
  // Where no link has the wanted language, the next wider one that a link has is meant.
  void WidenLanguage();

  [[nodiscard]] std::int64_t offered() const { return offered_; }
  [[nodiscard]] std::size_t fitting() const { return fitting_.size(); }
  // How many would fit without this condition alone.
  [[nodiscard]] std::int64_t FittingWithout(LinkCondition condition) const {
    return missed_[static_cast<std::size_t>(condition)];
  }

  using Weights = std::unordered_map<schemas::Id, store::SourceWeight>;  // 1 if it is not there
  // At most so many, in the order in which they are given.
  [[nodiscard]] std::vector<schemas::Id> Draw(std::size_t count_max, const Weights& weights,
                                              std::mt19937_64& random);

 private:
  struct Candidate {
    schemas::Id source_id = 0;
    schemas::Id link_id = 0;
  };

  // The conditions that it does not meet, one bit each.
  [[nodiscard]] unsigned Missed(const schemas::PoolRow& row,
                                schemas::topics::TopicMask topics) const;

  LinkWish wish_;
  const schemas::UnixSeconds now_;
  std::int64_t offered_ = 0;
  std::vector<Candidate> fitting_;
  std::unordered_map<std::string, std::vector<Candidate>> of_other_languages_;
  std::array<std::int64_t, kLinkConditions> missed_{};
};

}  // namespace saunter::crawler::cli
