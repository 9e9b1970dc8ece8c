#include "crawler/cli/link_choice.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "schemas/language.h"

namespace saunter::crawler::cli {
namespace {

constexpr schemas::UnixSeconds kSecondsPerDay = 86400;

// The links of one source that are not given yet.
struct SourceRange {
  double key = 0;  // in the order of these the sources have their turn
  std::size_t begin = 0;
  std::size_t end = 0;
};

}  // namespace

bool CategoryWish::IsMetBy(const schemas::PoolRow& row,
                           schemas::topics::TopicMask topics_of_link) const {
  return (topics & topics_of_link) != 0 ||
         std::ranges::any_of(row.categories, [&](schemas::Id category_id) {
           return std::ranges::find(category_ids, category_id) != category_ids.end();
         });
}

unsigned LinkChoice::Missed(const schemas::PoolRow& row, schemas::topics::TopicMask topics) const {
  unsigned missed = 0;
  const auto miss = [&](LinkCondition condition, bool is_missed) {
    if (is_missed) missed |= 1U << static_cast<unsigned>(condition);
  };
  miss(LinkCondition::kCategory, wish_.category && !wish_.category->IsMetBy(row, topics));
  miss(LinkCondition::kNotCategory, wish_.not_category.IsMetBy(row, topics));
  miss(LinkCondition::kLanguage,
       !wish_.language.empty() && !schemas::MatchesLanguage(row.language, wish_.language));
  // A link without a day never fits.
  miss(LinkCondition::kMaxAgeDays,
       wish_.max_age_days &&
           (!row.published_at ||
            *row.published_at / kSecondsPerDay < now_ / kSecondsPerDay - *wish_.max_age_days));
  miss(LinkCondition::kSite, wish_.site_id && row.site_id != *wish_.site_id);
  miss(LinkCondition::kNotSite,
       std::ranges::find(wish_.not_site_ids, row.site_id) != wish_.not_site_ids.end());
  return missed;
}

void LinkChoice::Offer(const schemas::PoolRow& row, schemas::topics::TopicMask topics) {
  ++offered_;
  const auto missed = Missed(row, topics);
  const Candidate candidate{.source_id = row.source_id > 0 ? row.source_id : row.site_id,
                            .link_id = row.link_id};
  if (missed == 0) {
    fitting_.push_back(candidate);
  } else if (std::has_single_bit(missed)) {
    ++missed_[static_cast<std::size_t>(std::countr_zero(missed))];
    if (missed == 1U << static_cast<unsigned>(LinkCondition::kLanguage)) {
      of_other_languages_[row.language].push_back(candidate);
    }
  }
}

void LinkChoice::WidenLanguage() {
  auto range = schemas::WiderLanguage(wish_.language);
  while (fitting_.empty() && range) {
    for (const auto& [language, candidates] : of_other_languages_) {
      if (!schemas::MatchesLanguage(language, *range)) continue;
      fitting_.insert(fitting_.end(), candidates.begin(), candidates.end());
    }
    range = schemas::WiderLanguage(*range);
  }
}

std::vector<schemas::Id> LinkChoice::Draw(std::size_t count_max, const Weights& weights,
                                          std::mt19937_64& random) {
  std::ranges::sort(fitting_, {}, [](const Candidate& candidate) {
    return std::pair(candidate.source_id, candidate.link_id);
  });
  // A weighted order without repeats: the least of exponential times, each of its source's rate
  // (Efraimidis and Spirakis, 2006).
  std::exponential_distribution<double> time(1);
  std::vector<SourceRange> sources;
  for (std::size_t i = 0; i < fitting_.size(); ++i) {
    if (i == 0 || fitting_[i].source_id != fitting_[i - 1].source_id) {
      const auto found = weights.find(fitting_[i].source_id);
      const auto weight = found == weights.end() ? store::SourceWeight::kOne : found->second;
      sources.push_back({.key = time(random) / static_cast<int>(weight), .begin = i, .end = i});
    }
    ++sources.back().end;
  }
  std::ranges::sort(sources, {}, &SourceRange::key);
  std::vector<schemas::Id> link_ids;
  while (!sources.empty() && link_ids.size() < count_max) {
    for (auto& source : sources) {
      if (link_ids.size() == count_max) break;
      std::uniform_int_distribution<std::size_t> place(source.begin, source.end - 1);
      std::swap(fitting_[source.begin], fitting_[place(random)]);
      link_ids.push_back(fitting_[source.begin++].link_id);
    }
    std::erase_if(sources, [](const SourceRange& source) { return source.begin == source.end; });
  }
  return link_ids;
}

}  // namespace saunter::crawler::cli
