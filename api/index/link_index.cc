#include "api/index/link_index.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <map>
#include <numeric>
#include <stdexcept>
#include <tuple>

namespace saunter::api::index {
namespace {

constexpr schemas::Id kLinkIdMax = UINT32_MAX;
constexpr schemas::Id kCategoryIdMax = (schemas::Id{1} << 28) - 1;
constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kUnixDayOf2000 = 10957;
// Drafts are folded into the sites when there are this many, or an eighth of the links. So a load
// needs little more memory than the index, and a link is copied a few times at most.
constexpr std::size_t kDraftsMin = 100000;

struct Placed {
  std::uint32_t facet = 0;
  std::int16_t published_day = kNoDay;
  schemas::Id link_id = 0;
};

bool ComesBefore(const Placed& a, const Placed& b) {
  return std::tie(a.facet, b.published_day, a.link_id) <
         std::tie(b.facet, a.published_day, b.link_id);
}

}  // namespace

std::int16_t DayOf(schemas::UnixSeconds time) {
  const auto day = time / kSecondsPerDay - (time % kSecondsPerDay < 0 ? 1 : 0) - kUnixDayOf2000;
  return static_cast<std::int16_t>(
      std::clamp<std::int64_t>(day, std::int64_t{kNoDay} + 1, INT16_MAX));
}

SiteLinks::SiteLinks(std::span<const IndexedLink> links, std::span<const Facet> facets,
                     std::span<const std::uint32_t> categories)
    : links_count_(static_cast<std::uint32_t>(links.size())),
      facets_count_(static_cast<std::uint32_t>(facets.size())),
      categories_count_(static_cast<std::uint32_t>(categories.size())) {
  auto* const first_link = reinterpret_cast<IndexedLink*>(this + 1);
  auto* const first_facet =
      reinterpret_cast<Facet*>(std::uninitialized_copy(links.begin(), links.end(), first_link));
  auto* const first_category = reinterpret_cast<std::uint32_t*>(
      std::uninitialized_copy(facets.begin(), facets.end(), first_facet));
  std::uninitialized_copy(categories.begin(), categories.end(), first_category);
  for (const auto& facet : facets) topics_ |= facet.topics;
  for (const auto& link : links) {
    newest_day_ = std::max(newest_day_, link.published_day);
    newest_link_id_ = std::max(newest_link_id_, link.link_id);
  }
}

std::shared_ptr<const SiteLinks> SiteLinks::Make(std::span<const IndexedLink> links,
                                                 std::span<const Facet> facets,
                                                 std::span<const std::uint32_t> categories) {
  static_assert(alignof(SiteLinks) == alignof(IndexedLink));
  static_assert(alignof(SiteLinks) == alignof(Facet));
  static_assert(std::is_trivially_destructible_v<SiteLinks>);
  void* const block = ::operator new(sizeof(SiteLinks) + links.size_bytes() + facets.size_bytes() +
                                     categories.size_bytes());
  return {new (block) SiteLinks(links, facets, categories),
          [](const SiteLinks* site) { ::operator delete(const_cast<SiteLinks*>(site)); }};
}

std::span<const std::uint32_t> SiteLinks::CategoriesOf(const Facet& facet) const {
  const auto all = facets();
  const auto* const categories = reinterpret_cast<const std::uint32_t*>(all.data() + facets_count_);
  const auto begin = &facet == all.data() ? 0 : std::prev(&facet)->categories_end;
  return {categories + begin, categories + facet.categories_end};
}

const Facet& SiteLinks::FacetOf(std::size_t place) const {
  const auto all = facets();
  const auto number = links()[place].facet;
  if (number < UINT16_MAX) return all[number];
  return *std::partition_point(all.begin() + number, all.end(), [&](const Facet& candidate) {
    return candidate.links_end <= place;
  });
}

std::size_t SiteLinks::bytes() const {
  return sizeof(SiteLinks) + links().size_bytes() + facets().size_bytes() +
         categories_count_ * sizeof(std::uint32_t);
}

SiteCounts::SiteCounts(std::vector<std::uint32_t> counts) : counts_(std::move(counts)) {
  for (std::uint32_t site_id = 0; site_id < counts_.size(); ++site_id) {
    if (counts_[site_id] == 0) continue;
    by_size_.push_back(site_id);
    links_ += counts_[site_id];
  }
  std::sort(by_size_.begin(), by_size_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return counts_[a] != counts_[b] ? counts_[a] > counts_[b] : a < b;
  });
  sizes_.reserve(by_size_.size());
  for (const auto site_id : by_size_) sizes_.push_back(counts_[site_id]);
}

std::size_t SiteCounts::Above(std::size_t links_min) const {
  if (links_min == 0) return sizes_.size();
  const auto end = std::partition_point(sizes_.begin(), sizes_.end(),
                                        [&](std::uint32_t size) { return size > links_min; });
  return static_cast<std::size_t>(end - sizes_.begin());
}

CategoryNames::Layer::Layer(Names names_in) : names(std::move(names_in)) {
  ids.reserve(names.size());
  for (const auto& [category_id, name] : names) ids.insert_or_assign(name, category_id);
}

void CategoryNames::Add(Names names) {
  if (names.empty()) return;
  while (!layers_.empty() && names.size() * 2 > layers_.back()->names.size()) {
    auto merged = layers_.back()->names;
    std::move(names.begin(), names.end(), std::back_inserter(merged));
    names = std::move(merged);
    layers_.pop_back();
  }
  layers_.push_back(std::make_shared<const Layer>(std::move(names)));
}

std::optional<std::uint32_t> CategoryNames::Find(std::string_view name) const {
  for (const auto& layer : layers_) {
    if (const auto found = layer->ids.find(name); found != layer->ids.end()) return found->second;
  }
  return std::nullopt;
}

const std::string* CategoryNames::NameOf(std::uint32_t category_id) const {
  for (const auto& layer : layers_) {
    const auto& names = layer->names;
    if (category_id > names.back().first) continue;
    const auto comes_before = [](const auto& named, std::uint32_t wanted) {
      return named.first < wanted;
    };
    // Its place if the ids have no gap; with gaps it is nearer to the front.
    const auto places = category_id - std::min(category_id, names.front().first);
    auto end = names.begin() + std::min<std::ptrdiff_t>(places, std::ssize(names) - 1);
    if (end->first != category_id)
      end = std::lower_bound(names.begin(), end, category_id, comes_before);
    return end->first == category_id ? &end->second : nullptr;
  }
  return nullptr;
}

// Makes a site's next block from its last one and from what changed since.
class IndexBuilder::SiteBuilder {
 public:
  SiteBuilder(const SiteLinks* old, std::vector<Draft>& drafts,
              const std::vector<std::uint32_t>& draft_categories)
      : old_(old), drafts_(drafts), draft_categories_(draft_categories) {
    // The last draft of a link counts.
    std::stable_sort(drafts.begin(), drafts.end(),
                     [](const Draft& a, const Draft& b) { return a.link_id < b.link_id; });
  }

  std::shared_ptr<const SiteLinks> Build() {
    auto kept = Survivors();
    auto added = Newcomers();
    std::vector<Placed> all(kept.size() + added.size());
    std::merge(kept.begin(), kept.end(), added.begin(), added.end(), all.begin(), ComesBefore);
    if (all.empty()) return nullptr;
    std::vector<IndexedLink> links;
    links.reserve(all.size());
    for (const auto& link : all) {
      links.push_back(
          {.link_id = static_cast<std::uint32_t>(link.link_id),
           .published_day = link.published_day,
           .facet = static_cast<std::uint16_t>(std::min<std::uint32_t>(link.facet, UINT16_MAX))});
      facets_[link.facet].links_end = static_cast<std::uint32_t>(links.size());
    }
    return SiteLinks::Make(links, facets_, categories_);
  }

 private:
  using Combination =
      std::tuple<std::uint32_t, schemas::topics::TopicMask, std::vector<std::uint32_t>>;

  [[nodiscard]] bool IsTouched(schemas::Id link_id) const {
    if (link_id < drafts_.front().link_id || link_id > drafts_.back().link_id) return false;
    const auto found = std::lower_bound(
        drafts_.begin(), drafts_.end(), link_id,
        [](const Draft& draft, schemas::Id wanted) { return draft.link_id < wanted; });
    return found->link_id == link_id;
  }

  std::uint32_t AddFacet(Combination combination) {
    const auto number = static_cast<std::uint32_t>(facets_.size());
    const auto [place, is_new] = numbers_.try_emplace(std::move(combination), number);
    if (!is_new) return place->second;
    const auto& [language, topics, categories] = place->first;
    categories_.insert(categories_.end(), categories.begin(), categories.end());
    facets_.push_back({.language = language,
                       .topics = topics,
                       .categories_end = static_cast<std::uint32_t>(categories_.size())});
    return number;
  }

  // The old links that no draft names, in order; facets that still hold one keep their order.
  std::vector<Placed> Survivors() {
    std::vector<Placed> kept;
    if (old_ == nullptr) return kept;
    kept.reserve(old_->size());
    for (const auto& facet : old_->facets()) {
      std::optional<std::uint32_t> number;
      for (auto i = old_->LinksBegin(facet); i < facet.links_end; ++i) {
        const auto& link = old_->links()[i];
        if (IsTouched(link.link_id)) continue;
        if (!number) {
          const auto categories = old_->CategoriesOf(facet);
          number = AddFacet({facet.language, facet.topics,
                             std::vector<std::uint32_t>(categories.begin(), categories.end())});
        }
        kept.push_back({*number, link.published_day, link.link_id});
      }
    }
    return kept;
  }

  std::vector<Placed> Newcomers() {
    std::vector<Placed> added;
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      const auto& draft = drafts_[i];
      if (i + 1 < drafts_.size() && drafts_[i + 1].link_id == draft.link_id) continue;
      if (!draft.present) continue;
      const auto facet =
          AddFacet({draft.language, draft.topics,
                    std::vector<std::uint32_t>(draft_categories_.begin() + draft.categories_begin,
                                               draft_categories_.begin() + draft.categories_end)});
      added.push_back({facet, draft.published_day, draft.link_id});
    }
    std::sort(added.begin(), added.end(), ComesBefore);
    return added;
  }

  const SiteLinks* old_;
  const std::vector<Draft>& drafts_;
  const std::vector<std::uint32_t>& draft_categories_;
  std::vector<Facet> facets_;
  std::vector<std::uint32_t> categories_;
  std::map<Combination, std::uint32_t> numbers_;
};

IndexBuilder::IndexBuilder(std::shared_ptr<const schemas::topics::Topics> topics)
    : topics_(std::move(topics)) {}

void IndexBuilder::Clear() { *this = IndexBuilder(topics_); }

void IndexBuilder::SetTopics(std::shared_ptr<const schemas::topics::Topics> topics) {
  assert(links_ == 0 && newest_category_id_ == 0);
  topics_ = std::move(topics);
}

std::uint32_t IndexBuilder::LanguageNumber(const std::string& language) {
  const auto [place, is_new] =
      language_numbers_.try_emplace(language, static_cast<std::uint32_t>(languages_.size()));
  if (is_new) languages_.push_back(language);
  return place->second;
}

void IndexBuilder::AddCategories(const Categories& categories) {
  CategoryNames::Names names;
  names.reserve(categories.size());
  for (const auto& [category_id, name] : categories) {
    if (category_id <= 0 || category_id > kCategoryIdMax) {
      throw std::length_error("category_id out of range");
    }
    names.emplace_back(static_cast<std::uint32_t>(category_id), name);
    newest_category_id_ = std::max(newest_category_id_, category_id);
    const auto place = static_cast<std::size_t>(category_id);
    if (place >= category_topics_.size()) category_topics_.resize(place + 1);
    category_topics_[place] = topics_->Of(name);
  }
  categories_.Add(std::move(names));
}

schemas::topics::TopicMask IndexBuilder::TopicsOf(const std::vector<schemas::Id>& categories,
                                                  std::string_view feed_category) {
  if (!feed_category.empty()) {
    const auto [place, is_new] = feed_category_topics_.try_emplace(std::string(feed_category));
    if (is_new) place->second = topics_->Of(feed_category);
    if (place->second != 0) return place->second;
  }
  schemas::topics::TopicMask topics = 0;
  for (const auto category_id : categories) {
    const auto place = static_cast<std::size_t>(category_id);
    if (place < category_topics_.size()) topics |= category_topics_[place];
  }
  return topics;
}

void IndexBuilder::AddDraft(std::uint32_t site_id, const Draft& draft) {
  pending_[site_id].push_back(draft);
  ++drafts_;
}

void IndexBuilder::Put(schemas::Id link_id, const std::optional<schemas::PoolRow>& row,
                       const std::vector<schemas::Id>& categories, std::string_view feed_category) {
  if (link_id <= 0 || link_id > kLinkIdMax) throw std::length_error("link_id out of range");
  if (row && (row->site_id <= 0 || row->site_id > kSiteIdMax)) {
    throw std::length_error("site_id out of range");
  }
  const auto place = static_cast<std::size_t>(link_id);
  if (place >= site_of_link_.size()) {
    if (!row) return;
    // Grows by an eighth: little memory is wasted, and growing costs little.
    if (place >= site_of_link_.capacity()) site_of_link_.reserve(place + place / 8 + 1024);
    site_of_link_.resize(place + 1);
  }
  const auto old_site_id = site_of_link_[place];
  const auto site_id = row ? static_cast<std::uint32_t>(row->site_id) : 0;
  site_of_link_[place] = site_id;
  links_ += (site_id != 0 ? 1 : 0) - (old_site_id != 0 ? 1 : 0);
  if (old_site_id != 0 && old_site_id != site_id) {
    AddDraft(old_site_id, {.link_id = link_id, .present = false});
  }
  if (!row) return;
  Draft draft{.link_id = link_id,
              .language = LanguageNumber(row->language),
              .topics = TopicsOf(categories, feed_category),
              .published_day = row->published_at ? DayOf(*row->published_at) : kNoDay,
              .categories_begin = static_cast<std::uint32_t>(draft_categories_.size())};
  for (const auto category : categories) {
    draft_categories_.push_back(static_cast<std::uint32_t>(category));
  }
  std::sort(draft_categories_.begin() + draft.categories_begin, draft_categories_.end());
  draft.categories_end = static_cast<std::uint32_t>(draft_categories_.size());
  AddDraft(site_id, draft);
  if (drafts_ >= kDraftsMin && drafts_ >= static_cast<std::size_t>(links_) / 8) Fold();
}

void IndexBuilder::Fold() {
  for (auto& [site_id, drafts] : pending_) {
    if (site_id >= sites_.size()) sites_.resize(std::size_t{site_id} + 1);
    sites_[site_id] = SiteBuilder(sites_[site_id].get(), drafts, draft_categories_).Build();
    drafts = {};
  }
  pending_ = {};
  drafts_ = 0;
  draft_categories_ = {};
}

std::shared_ptr<const LinkIndex> IndexBuilder::Build() {
  Fold();
  while (!sites_.empty() && !sites_.back()) sites_.pop_back();
  auto index = std::make_shared<LinkIndex>();
  index->sites = sites_;
  index->languages = languages_;
  index->categories = categories_;
  index->topics = topics_;
  std::vector<std::uint32_t> counts(sites_.size());
  for (std::size_t site_id = 0; site_id < sites_.size(); ++site_id) {
    if (!sites_[site_id]) continue;
    counts[site_id] = static_cast<std::uint32_t>(sites_[site_id]->size());
    index->newest_link_id =
        std::max<schemas::Id>(index->newest_link_id, sites_[site_id]->newest_link_id());
  }
  index->counts = SiteCounts(std::move(counts));
  return index;
}

std::size_t IndexBuilder::MemoryBytes() const {
  constexpr std::size_t kPointers = 2 * sizeof(std::shared_ptr<const SiteLinks>);
  constexpr std::size_t kSharedCount = 32;
  constexpr std::size_t kCounts = 3 * sizeof(std::uint32_t);
  std::size_t bytes = site_of_link_.capacity() * sizeof(std::uint32_t);
  for (const auto& site : sites_) {
    bytes += kPointers + kCounts + (site ? kSharedCount + site->bytes() : 0);
  }
  return bytes;
}

}  // namespace saunter::api::index
