// One libcurl easy handle, used again and again: sends one request and gives what became of it.
//
// Everything that must hold for every request is set once: http and https only, no proxy, no
// cookies, no credentials, no HTTP/0.9, certificates verified, addresses guarded. Bodies are
// counted after decompression and headers as they come; both have their limits. All requests but
// those for feeds keep the pace of the address block that they lead to.
//
// Thread safety: one thread. Ownership: owns the handle and the job; settings, guard and blocks
// must outlive it. Errors: TransferResult; a handle that cannot be made throws std::runtime_error.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crawler/fetch/address_guard.h"
#include "crawler/fetch/block_pace.h"
#include "crawler/fetch/content_decoder.h"
#include "crawler/fetch/host_queue.h"
#include "crawler/fetch/response_headers.h"
#include "schemas/outcome.h"
#include "schemas/settings.h"

namespace saunter::crawler::fetch {

struct TransferResult {
  // kOk: a whole answer came, whatever its status. Else what kept it from coming.
  schemas::FetchOutcome outcome = schemas::FetchOutcome::kOk;
  int status = 0;
  ResponseHeaders headers;
  std::string body;
  std::int64_t wire_bytes = 0;
  std::int64_t body_bytes = 0;
  std::int64_t duration_ms = 0;
  // What was wrong with the answer, in our own words; empty where the outcome says it.
  std::string_view problem;
  // When to try again, if nothing was asked because the address block is busy.
  std::optional<std::int64_t> promised_ms;
};

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class Transfer {
 public:
  Transfer(const schemas::FetchSettings& settings, const AddressGuard& guard, BlockPace& blocks);
  ~Transfer() { LeaveBlocks(); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Whether the connection is kept afterwards, which is for hosts that are asked again in a moment.
  // libcurl goes through its whole cache for each transfer, so unused connections cost every one.
  enum class Connection { kClose, kKeep };
  void Prepare(std::unique_ptr<Job> job, Connection connection);
  [[nodiscard]] CURL* handle() const { return handle_.get(); }
  // To be called when the multi handle says that the transfer is done.
  [[nodiscard]] TransferResult Finish(CURLcode code);
  [[nodiscard]] const Job& job() const { return *job_; }
  [[nodiscard]] std::unique_ptr<Job> TakeJob() { return std::move(job_); }

 private:
  template <typename Value>
  void Set(CURLoption option, Value value);
  void SetOnce();
  void SetCallbacks();
  void SetHeaders(const Request& request);
  [[nodiscard]] bool MayEnter(const Address& address);
  [[nodiscard]] bool IsConnected() const;  // that it has come as far as a connection
  void LeaveBlocks();
  [[nodiscard]] schemas::FetchOutcome OutcomeOf(CURLcode code) const;

  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int OnRequest(void* self, char* remote_ip, char* local_ip, int remote_port,
                       int local_port);
  std::size_t TakeHeader(std::string_view line);
  void ChooseDecoding();
  [[nodiscard]] bool Decode(std::string_view piece);
  void Note(ContentDecoder::Result result);
  std::size_t TakeBody(std::string_view piece);
  [[nodiscard]] std::string_view ProblemOf(CURLcode code) const;

  const schemas::FetchSettings& settings_;
  const AddressGuard& guard_;
  BlockPace& blocks_;
  const std::string user_agent_;
  std::unique_ptr<curl_slist, ListDeleter> header_list_;
  std::unique_ptr<CURL, EasyDeleter> handle_;

  // Of the current transfer.
  std::unique_ptr<Job> job_;
  TransferResult result_;
  std::int64_t header_bytes_ = 0;
  bool header_ended_ = false;
  bool address_blocked_ = false;
  bool address_allowed_ = false;
  bool route_lacks_ = false;  // to an address that the guard and the pace let pass
  bool headers_too_large_ = false;
  bool body_too_large_ = false;
  Decoding decoding_ = Decoding::kNone;
  bool encoding_broken_ = false;
  std::optional<ContentDecoder> decoder_;
  std::vector<BlockPace::Block> entered_blocks_;
  std::optional<std::int64_t> promised_ms_;
};

}  // namespace saunter::crawler::fetch
