#include "crawler/loop/logged_fetcher.h"

#include <utility>

#include "crawler/loop/blacklisted_urls.h"
#include "crawler/loop/leased_urls.h"

namespace saunter::crawler::loop {
namespace {

std::unique_ptr<fetch::Fetcher> NewFetcher(const schemas::Settings& settings,
                                           const schemas::HostState& hosts,
                                           const fetch::Clock& clock) {
  return std::make_unique<fetch::Fetcher>(settings.fetch, settings.schedule.interval_min_s, hosts,
                                          clock);
}

}  // namespace

LoggedFetcher::LoggedFetcher(const schemas::Settings& settings, const schemas::HostState& hosts,
                             const LeaseKeeper& keeper, fetch::Clock clock)
    : keeper_(keeper), clock_(std::move(clock)), fetcher_(NewFetcher(settings, hosts, clock_)) {
  if (!keeper.is_shared()) asked_log_.emplace(settings.store.path);
}

void LoggedFetcher::ShareBlocks(std::int64_t crawlers) {
  if (crawlers == crawlers_) return;
  crawlers_ = crawlers;
  fetcher_->ShareBlocks(crawlers);
}

void LoggedFetcher::Renew(const schemas::Settings& settings) {
  auto renewed = NewFetcher(settings, fetcher_->InForce(), clock_);
  renewed->TakeOver(*fetcher_);
  renewed->ShareBlocks(crawlers_);
  fetcher_ = std::move(renewed);
  heeded_.reset();
}

void LoggedFetcher::Heed(const std::shared_ptr<const health::Blacklist>& blacklist) {
  if (heeded_ == blacklist) return;
  heeded_ = blacklist;
  std::shared_ptr<const fetch::AvoidedUrls> avoided = std::make_shared<BlacklistedUrls>(blacklist);
  if (keeper_.is_shared()) avoided = std::make_shared<LeasedUrls>(std::move(avoided), keeper_);
  fetcher_->Avoid(std::move(avoided));
}

void LoggedFetcher::NoteBegun(const FeedStream& feeds, schemas::UnixSeconds now) {
  std::vector<AskedFeed> asked;
  const auto begun = fetcher_->TakeBegun();
  for (const auto id : feeds.FeedsOf(begun)) asked.push_back({id, now});
  if (asked.empty() || !asked_log_ || asked_log_->Note(asked)) return;
  list_failed_at_ = now;
  fetcher_->PutBack(begun);
}

}  // namespace saunter::crawler::loop
