// All transfers at once, by one libcurl multi handle: jobs go in, and come out with what became of
// them. Which job may go, and when, is the caller's to know.
//
// A transfer that ended is used again for another job. One that has just begun can be taken back:
// libcurl looks at it in Run() only, and before that nothing of it is sent and no name is looked
// up.
//
// Thread safety: one thread, but any thread may call Wake(). Ownership: Start takes a job, Run and
// TakeBack give it back; settings, guard and blocks must outlive it. Errors: TransferResult; the
// constructor throws std::runtime_error without a usable libcurl, and Start, Run, TakeBack and Wait
// throw it for a handle of libcurl that cannot be made or used.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "crawler/fetch/address_guard.h"
#include "crawler/fetch/block_pace.h"
#include "crawler/fetch/host_queue.h"
#include "crawler/fetch/transfer.h"
#include "schemas/settings.h"

namespace saunter::crawler::fetch {

struct EndedTransfer {
  std::unique_ptr<Job> job;
  TransferResult result;
};

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

class Transfers {
 public:
  Transfers(const schemas::FetchSettings& settings, const AddressGuard& guard, BlockPace& blocks);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  // It goes out with the next Run.
  void Start(std::unique_ptr<Job> job, Transfer::Connection connection);
  // Sends and receives what can be without waiting, and returns what ended.
  [[nodiscard]] std::vector<EndedTransfer> Run();
  // Of the requests that Start took since the last Run, those with these tickets. What fetches a
  // robots.txt has no ticket and goes on.
  [[nodiscard]] std::vector<std::unique_ptr<Job>> TakeBack(
      const std::vector<std::uint64_t>& tickets);
  // Waits until Run has something to do, or for `wait_ms`, or until Wake is called.
  void Wait(std::int64_t wait_ms);
  // Ends the Wait that goes on, or else the next one.
  void Wake();

  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  // Of those in flight, the ones that Start took since the last Run.
  [[nodiscard]] std::size_t unseen() const { return unseen_; }
  // How many may be in flight: as the settings say, or fewer, if this process may open only few
  // descriptors.
  [[nodiscard]] std::size_t count_max() const { return count_max_; }

 private:
  const schemas::FetchSettings& settings_;
  const AddressGuard& guard_;
  const std::size_t count_max_;

  BlockPace& blocks_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> in_flight_;
  std::size_t unseen_ = 0;  // by libcurl
};

}  // namespace saunter::crawler::fetch
