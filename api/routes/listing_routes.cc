#include "api/routes/listing_routes.h"

#include <cstdint>
#include <utility>

#include "api/routes/listings.h"

namespace saunter::api::routes {
namespace {

constexpr schemas::UnixSeconds kListingAgeMax = 10;
// The list of feeds reads every feed, so it is made less often.
constexpr schemas::UnixSeconds kFeedsAgeMax = 60;

}  // namespace

ListingRoutes::ListingRoutes(const schemas::Settings& settings, PoolAccess& pool,
                             SharedFeedList& feeds)
    : settings_(settings), pool_(pool), shared_feeds_(feeds) {}

void ListingRoutes::Categories(schemas::UnixSeconds now, http::Answer& answer) {
  if (!pool_.IsOpen(answer)) return;
  if (!categories_.IsFresh(pool_.served().generation, kListingAgeMax, now)) {
    categories_ = {now, pool_.served().generation,
                   ListCategories(*pool_.served().index,
                                  static_cast<std::size_t>(settings_.api.max_response_bytes))};
  }
  answer.cache_control = "public, max-age=10";
  answer.body = categories_.body;
}

void ListingRoutes::Languages(schemas::UnixSeconds now, http::Answer& answer) {
  if (!pool_.IsOpen(answer)) return;
  if (!languages_.IsFresh(pool_.served().generation, kListingAgeMax, now)) {
    languages_ = {now, pool_.served().generation,
                  ListLanguages(*pool_.served().index,
                                static_cast<std::size_t>(settings_.api.max_response_bytes))};
  }
  answer.cache_control = "public, max-age=10";
  answer.body = languages_.body;
}

void ListingRoutes::FeedsOpml(const http::Request& request, schemas::UnixSeconds now,
                              http::Answer& answer) {
  if (!pool_.IsOpen(answer)) return;
  const std::lock_guard lock(shared_feeds_.mutex);
  auto& feeds = shared_feeds_;
  const auto generation = pool_.served().generation;
  const bool is_fresh = feeds.body && feeds.generation == generation && now >= feeds.made_at &&
                        now - feeds.made_at < kFeedsAgeMax;
  if (!is_fresh) {
    OpmlWriter writer;
    store::Page page;
    for (auto rows = pool_.reader().FeedOutlines(page); !rows.empty();
         rows = pool_.reader().FeedOutlines(page)) {
      for (const auto& row : rows) writer.Add(row);
      page.after = rows.back().feed_id;
    }
    feeds.body = std::make_shared<const std::string>(writer.Finish());
    feeds.tag = http::TagOf(*feeds.body);
    feeds.made_at = now;
    feeds.generation = generation;
  }
  answer.content_type = "text/x-opml; charset=utf-8";
  answer.cache_control = "public, max-age=60";
  answer.shared_body = feeds.body;
  http::SetTag(answer, feeds.tag, request.if_none_match);
}

}  // namespace saunter::api::routes
