#include "api/routes/pool_access.h"

#include <algorithm>
#include <string>
#include <utility>

#include "api/http/json.h"

namespace saunter::api::routes {

PoolAccess::PoolAccess(const schemas::Settings& settings, const index::Follower& follower,
                       index::ErrorLog& errors, std::shared_ptr<SnapshotReader> reader)
    : settings_(settings), follower_(follower), errors_(errors), reader_(std::move(reader)) {}

void PoolAccess::TakeServed() {
  const auto version = follower_.version();
  if (version == version_ && served_) return;
  served_ = follower_.served();
  version_ = version;
  reader_->DropSnapshot();  // the index may know rows that the snapshot does not
}

bool PoolAccess::IsOpen(http::Answer& answer) {
  TakeServed();
  if (!served_->index) {
    SayUnavailable(answer, served_->detail, store::ToString(served_->status));
    return false;
  }
  if (*reader_ && reader_generation_ == served_->generation) return true;
  reader_->Set(nullptr);
  auto opened = store::OpenFileReader(settings_.store);
  if (opened.status != store::OpenStatus::kOk) {
    errors_.Report(
        "a worker cannot open the database (" + std::string(store::ToString(opened.status)) + ")",
        opened.detail);
    SayUnavailable(answer, "The database cannot be read at the moment; try again.",
                   store::ToString(opened.status));
    return false;
  }
  reader_->Set(std::move(opened.reader));
  reader_generation_ = served_->generation;
  return true;
}

bool PoolAccess::HasLinks(http::Answer& answer) {
  if (!IsOpen(answer)) return false;
  if (served_->index->links() > 0) return true;
  SayNoLinkYet(answer);
  return false;
}

void PoolAccess::GiveUp(const store::StoreError& error, http::Answer& answer) {
  const auto kind = store::ToString(error.kind());
  errors_.Report("reading the database failed (" + std::string(kind) + ")", error.what());
  reader_->Set(nullptr);
  SayUnavailable(answer, "The database cannot be read at the moment; try again.", kind);
}

void PoolAccess::AddDataAge(schemas::UnixSeconds now, http::Answer& answer) const {
  const auto last_batch_at = served_ ? served_->last_batch_at : std::nullopt;
  if (!last_batch_at) return;
  answer.headers.append("X-Data-Age: ");
  http::AppendNumber(answer.headers, std::max<std::int64_t>(0, now - *last_batch_at));
  answer.headers.append("\r\n");
}

void PoolAccess::SayUnavailable(http::Answer& answer, std::string_view detail,
                                std::string_view reason) const {
  http::SetProblem(answer, 503, detail, reason);
  answer.headers = "Retry-After: ";
  http::AppendNumber(answer.headers, settings_.api.retry_after_s);
  answer.headers.append("\r\n");
}

void PoolAccess::SayNoLinkYet(http::Answer& answer) {
  const auto stats = reader().ReadStats();
  const auto say = [&](std::string_view detail, std::string_view reason) {
    SayUnavailable(answer, detail, reason);
  };
  if (stats.feeds == 0) {
    return say("There are no feeds yet; add some with `saunter import FILE`.", "no_feeds");
  }
  if (!stats.crawler) {
    return say("No crawler has run on this database yet; start saunter-crawler.", "never_crawled");
  }
  if (!stats.crawler->problem.empty()) return say(stats.crawler->problem, "crawler_problem");
  if (stats.crawler->outage_at) {
    return say("The crawler cannot reach any host at the moment; check this machine's network.",
               "outage");
  }
  if (stats.crawler->stopped_at) {
    return say("The crawler was stopped before it found a link; start saunter-crawler.",
               "crawler_stopped");
  }
  if (stats.feeds_never_fetched == stats.feeds) {
    return say("The crawler has just begun; links come with the first feeds.", "first_round");
  }
  say("No feed has given a living link yet; /v1/stats and `saunter feed list` say more.",
      "no_link_yet");
}

}  // namespace saunter::api::routes
