#include "crawler/fetch/transfers.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>

namespace saunter::crawler::fetch {
namespace {

constexpr std::size_t kSpareConnections = 32;  // kept for hosts that are asked again

void InitialiseLibrary() {
  static const CURLcode code = [] {
    // CURLOPT_NOSIGNAL leaves SIGPIPE to the program; a peer that goes away must not end it.
    std::signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT);
  }();
  if (code != CURLE_OK) throw std::runtime_error("curl_global_init failed");
}

// The number of transfers, limited by the descriptors that this process may open.
std::size_t CountMax(const schemas::FetchSettings& settings) {
  rlimit limit{};
  auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(settings.transfers_max, 1));
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const std::size_t allowed = limit.rlim_cur > 66 ? (limit.rlim_cur - 64) / 2 : 1;
  return std::min(wanted, allowed);
}

void Check(CURLMcode code) {
  if (code != CURLM_OK) {
    throw std::runtime_error(std::string("libcurl: ") + curl_multi_strerror(code));
  }
}

}  // namespace

Transfers::Transfers(const schemas::FetchSettings& settings, const AddressGuard& guard,
                     BlockPace& blocks)
    : settings_(settings), guard_(guard), count_max_(CountMax(settings)), blocks_(blocks) {
  InitialiseLibrary();
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) throw std::runtime_error("curl_multi_init failed");
  Check(curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING));
  Check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                          static_cast<long>(count_max_ + kSpareConnections)));
}

Transfers::~Transfers() {
  for (const auto& [handle, transfer] : in_flight_) curl_multi_remove_handle(multi_.get(), handle);
}

void Transfers::Start(std::unique_ptr<Job> job, Transfer::Connection connection) {
  std::unique_ptr<Transfer> transfer;
  if (idle_.empty()) {
    transfer = std::make_unique<Transfer>(settings_, guard_, blocks_);
  } else {
    transfer = std::move(idle_.back());
    idle_.pop_back();
  }
  transfer->Prepare(std::move(job), connection);
  CURL* const handle = transfer->handle();
  Check(curl_multi_add_handle(multi_.get(), handle));
  in_flight_.emplace(handle, std::move(transfer));
  ++unseen_;
}

std::vector<EndedTransfer> Transfers::Run() {
  int running = 0;
  Check(curl_multi_perform(multi_.get(), &running));
  unseen_ = 0;
  std::vector<EndedTransfer> ended;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto node = in_flight_.extract(message->easy_handle);
    std::unique_ptr<Transfer> transfer = std::move(node.mapped());
    TransferResult result = transfer->Finish(message->data.result);
    Check(curl_multi_remove_handle(multi_.get(), transfer->handle()));
    ended.push_back({transfer->TakeJob(), std::move(result)});
    idle_.push_back(std::move(transfer));
  }
  return ended;
}

std::vector<std::unique_ptr<Job>> Transfers::TakeBack(const std::vector<std::uint64_t>& tickets) {
  std::vector<std::unique_ptr<Job>> jobs;
  for (auto place = in_flight_.begin(); place != in_flight_.end();) {
    const Request& request = place->second->job().request;
    const bool wanted =
        request.kind != RequestKind::kRobots && std::ranges::count(tickets, request.ticket) > 0;
    if (!wanted) {
      ++place;
      continue;
    }
    std::unique_ptr<Transfer> transfer = std::move(place->second);
    place = in_flight_.erase(place);
    Check(curl_multi_remove_handle(multi_.get(), transfer->handle()));
    jobs.push_back(transfer->TakeJob());
    idle_.push_back(std::move(transfer));
    --unseen_;
  }
  return jobs;
}

void Transfers::Wait(std::int64_t wait_ms) {
  Check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait_ms), nullptr));
}

void Transfers::Wake() { curl_multi_wakeup(multi_.get()); }

}  // namespace saunter::crawler::fetch
