// What a worker answers from: the index last published and the worker's own reader.
//
// Thread safety: one thread at a time; the Follower and the ErrorLog are shared. Errors: while
// there is nothing to answer from, an answer becomes a 503 that says why; a database that fails
// while it is read throws StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "api/http/answer.h"
#include "api/index/error_log.h"
#include "api/index/follower.h"
#include "api/routes/snapshot_reader.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::api::routes {

class PoolAccess {
 public:
  PoolAccess(const schemas::Settings& settings, const index::Follower& follower,
             index::ErrorLog& errors, std::shared_ptr<SnapshotReader> reader);

  // Held for the time of a request.
  [[nodiscard]] std::unique_lock<std::mutex> Hold() { return reader_->Hold(); }
  // While held, with the time at which the request began.
  void BeginRequest(SnapshotReader::Clock::time_point now) { reader_->RenewSnapshot(now); }

  // True if there is a database to ask; otherwise `answer` says why not.
  bool IsOpen(http::Answer& answer);
  // The same, with at least one link in the pool.
  bool HasLinks(http::Answer& answer);

  // Call IsOpen() first.
  [[nodiscard]] const index::Served& served() const { return *served_; }
  // After IsOpen() was true.
  [[nodiscard]] store::Reader& reader() { return *reader_->operator->(); }

  // The database failed: logs it, answers 503 and has it opened anew by the next request.
  void GiveUp(const store::StoreError& error, http::Answer& answer);
  // Appends X-Data-Age, if anything was ever committed.
  void AddDataAge(schemas::UnixSeconds now, http::Answer& answer) const;

 private:
  void TakeServed();
  void SayUnavailable(http::Answer& answer, std::string_view detail, std::string_view reason) const;
  void SayNoLinkYet(http::Answer& answer);

  const schemas::Settings& settings_;
  const index::Follower& follower_;
  index::ErrorLog& errors_;
  const std::shared_ptr<SnapshotReader> reader_;

  std::uint64_t version_ = UINT64_MAX;  // of the follower, when served_ was taken
  std::shared_ptr<const index::Served> served_;
  std::uint64_t reader_generation_ = 0;
};

}  // namespace saunter::api::routes
