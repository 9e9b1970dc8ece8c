#include "api/index/site_directory.h"

#include <algorithm>
#include <tuple>

#include "api/index/mix.h"

namespace saunter::api::index {
namespace {

constexpr int kBucketBits = 10;

std::size_t BucketOf(schemas::Id site_id) {
  return static_cast<std::size_t>(Mix(static_cast<std::uint64_t>(site_id)) >> (64 - kBucketBits));
}

bool StandsBefore(const SiteSource& a, const SiteSource& b) {
  return std::tie(a.site_id, a.slot) < std::tie(b.site_id, b.slot);
}

std::size_t CountSites(const std::vector<SiteSource>& bucket) {
  std::size_t sites = 0;
  for (std::size_t i = 0; i < bucket.size(); ++i) {
    if (i == 0 || bucket[i].site_id != bucket[i - 1].site_id) ++sites;
  }
  return sites;
}

// Both in order; a change goes before what was.
std::vector<SiteSource> Merge(std::span<const SiteSource> old,
                              std::span<const SiteSource> changes) {
  std::vector<SiteSource> merged;
  merged.reserve(old.size() + changes.size());
  auto kept = old.begin();
  for (const auto& change : changes) {
    while (kept != old.end() && StandsBefore(*kept, change)) merged.push_back(*kept++);
    if (kept != old.end() && !StandsBefore(change, *kept)) ++kept;
    if (change.links > 0) merged.push_back(change);
  }
  merged.insert(merged.end(), kept, old.end());
  merged.shrink_to_fit();
  return merged;
}

}  // namespace

SiteDirectory::SiteDirectory() : buckets_(std::size_t{1} << kBucketBits) {}

std::span<const SiteSource> SiteDirectory::SourcesOf(schemas::Id site_id) const {
  const auto& bucket = buckets_[BucketOf(site_id)];
  if (!bucket) return {};
  const auto begin = std::partition_point(
      bucket->begin(), bucket->end(), [&](const SiteSource& row) { return row.site_id < site_id; });
  const auto end = std::partition_point(
      begin, bucket->end(), [&](const SiteSource& row) { return row.site_id == site_id; });
  return {begin, end};
}

std::int64_t SiteDirectory::LinksOn(schemas::Id site_id) const {
  std::int64_t links = 0;
  for (const auto& row : SourcesOf(site_id)) links += row.links;
  return links;
}

void SiteDirectory::Apply(std::vector<SiteSource> changes) {
  std::sort(changes.begin(), changes.end(), [](const SiteSource& a, const SiteSource& b) {
    const auto bucket_of_a = BucketOf(a.site_id);
    const auto bucket_of_b = BucketOf(b.site_id);
    return bucket_of_a != bucket_of_b ? bucket_of_a < bucket_of_b : StandsBefore(a, b);
  });
  for (auto begin = changes.begin(); begin != changes.end();) {
    const auto number = BucketOf(begin->site_id);
    const auto end = std::find_if(begin, changes.end(), [&](const SiteSource& change) {
      return BucketOf(change.site_id) != number;
    });
    auto& bucket = buckets_[number];
    std::span<const SiteSource> old;
    if (bucket) {
      old = *bucket;
      sites_ -= CountSites(*bucket);
    }
    auto merged = Merge(old, {begin, end});
    sites_ += CountSites(merged);
    bucket = merged.empty() ? nullptr : std::make_shared<const Bucket>(std::move(merged));
    begin = end;
  }
}

void SiteDirectory::Move(const std::vector<std::uint32_t>& new_slots) {
  for (auto& bucket : buckets_) {
    if (!bucket) continue;
    auto moved = *bucket;
    for (auto& row : moved) row.slot = new_slots[row.slot];
    std::sort(moved.begin(), moved.end(), StandsBefore);
    bucket = std::make_shared<const Bucket>(std::move(moved));
  }
}

std::size_t SiteDirectory::bytes() const {
  std::size_t bytes = buckets_.size() * sizeof(buckets_[0]);
  for (const auto& bucket : buckets_) {
    if (bucket) bytes += sizeof(Bucket) + bucket->capacity() * sizeof(SiteSource);
  }
  return bytes;
}

}  // namespace saunter::api::index
