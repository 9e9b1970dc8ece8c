#include "api/selection.h"

#include <algorithm>

namespace saunter::api {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::vector<std::uint32_t> Numbers(const std::vector<std::string>& names, const LinkIndex& index) {
  std::vector<std::uint32_t> numbers;
  for (const auto& name : names) {
    const auto found = index.categories->find(name);
    if (found != index.categories->end()) numbers.push_back(found->second);
  }
  return numbers;
}

}  // namespace

bool MatchesLanguage(const std::string& language, const std::string& range) {
  if (language.size() < range.size()) return false;
  if (language.size() > range.size() && language[range.size()] != '-') return false;
  return std::equal(range.begin(), range.end(), language.begin(),
                    [](char a, char b) { return Lower(a) == Lower(b); });
}

bool Selection::TakesAll() const {
  return categories.empty() && not_categories.empty() && language.empty() && !max_age_days &&
         !site_id;
}

Filter::Filter(const Selection& selection, const LinkIndex& index, schemas::UnixSeconds now)
    : takes_all_(selection.TakesAll()), site_id_(selection.site_id) {
  if (takes_all_) return;
  categories_ = Numbers(selection.categories, index);
  not_categories_ = Numbers(selection.not_categories, index);
  takes_none_ = !selection.categories.empty() && categories_.empty();
  for (const auto category : categories_) category_bits_ |= std::uint64_t{1} << (category % 64);
  if (!selection.language.empty()) {
    for (const auto& language : index.languages) {
      languages_.push_back(MatchesLanguage(language, selection.language));
    }
  }
  if (selection.max_age_days) {
    day_min_ = DayOf(now) - static_cast<std::int32_t>(*selection.max_age_days);
  }
}

bool Filter::MayFit(const SiteLinks& site) const {
  if (takes_none_) return false;
  if (category_bits_ != 0 && (site.category_bits & category_bits_) == 0) return false;
  return day_min_ == kNoDay || site.newest_day >= day_min_;
}

bool Filter::FitsFacet(const SiteLinks& site, const Facet& facet) const {
  if (!languages_.empty() && !languages_[facet.language]) return false;
  const auto begin = site.categories.begin() + facet.categories_begin;
  const auto end = site.categories.begin() + facet.categories_end;
  const auto is_listed = [&](std::uint32_t category) {
    return std::binary_search(begin, end, category);
  };
  if (!categories_.empty() && std::none_of(categories_.begin(), categories_.end(), is_listed)) {
    return false;
  }
  return std::none_of(not_categories_.begin(), not_categories_.end(), is_listed);
}

void Filter::FindFitting(const SiteLinks& site, std::vector<std::uint32_t>& fitting) const {
  fitting.clear();
  if (!MayFit(site)) return;
  std::vector<bool> facet_fits(site.facets.size());
  for (std::size_t i = 0; i < site.facets.size(); ++i) {
    facet_fits[i] = FitsFacet(site, site.facets[i]);
  }
  for (std::uint32_t i = 0; i < site.links.size(); ++i) {
    const auto& link = site.links[i];
    if (facet_fits[link.facet] && (day_min_ == kNoDay || link.published_day >= day_min_)) {
      fitting.push_back(i);
    }
  }
}

}  // namespace saunter::api
