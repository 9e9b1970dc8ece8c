#include "crawler/fetch/transfer.h"

#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "crawler/fetch/target.h"

namespace saunter::crawler::fetch {
namespace {

using schemas::FetchOutcome;

constexpr const char* kAcceptFeed =
    "Accept: application/atom+xml, application/rss+xml, application/feed+json, "
    "application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, "
    "*/*;q=0.5";
constexpr const char* kAcceptPage = "Accept: text/html, application/xhtml+xml, */*;q=0.5";
constexpr const char* kAcceptRobots = "Accept: text/plain, */*;q=0.5";

std::string UserAgent(const schemas::FetchSettings& settings) {
  return "Saunter/" SAUNTER_VERSION " (+" + settings.contact_url + ")";
}

const char* AcceptOf(RequestKind kind) {
  switch (kind) {
    case RequestKind::kFeed:
      return kAcceptFeed;
    case RequestKind::kProbe:
    case RequestKind::kPage:
      return kAcceptPage;
    case RequestKind::kRobots:
      return kAcceptRobots;
  }
  return kAcceptPage;
}

// A bad chain leaves its X509_V_ERR code. Names are compared after the handshake, and where they
// differ libcurl leaves "unspecified".
FetchOutcome OutcomeOfCertificate(long verify_result) {
  switch (verify_result) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return FetchOutcome::kTlsNameMismatch;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return FetchOutcome::kTlsExpired;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return FetchOutcome::kTlsUntrusted;
    default:
      return FetchOutcome::kTlsFailure;
  }
}

bool IsFeedOrPage(RequestKind kind) {
  return kind == RequestKind::kFeed || kind == RequestKind::kPage;
}

std::int64_t BodyBytesMax(const schemas::FetchSettings& settings, RequestKind kind) {
  switch (kind) {
    case RequestKind::kFeed:
    case RequestKind::kPage:
      return settings.feed_body_bytes_max;
    case RequestKind::kProbe:
      return settings.probe_body_bytes_max;
    case RequestKind::kRobots:
      return settings.robots_body_bytes_max;
  }
  return settings.feed_body_bytes_max;
}

// Whether the kernel knows a way to the address. Connecting a datagram socket sends nothing.
bool HasRoute(const sockaddr& address, socklen_t address_bytes) {
  const int descriptor = socket(address.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno != EAFNOSUPPORT;
  const int result = connect(descriptor, &address, address_bytes);
  const int error = errno;
  close(descriptor);
  return result == 0 || (error != ENETUNREACH && error != EADDRNOTAVAIL);
}

}  // namespace

Transfer::Transfer(const schemas::FetchSettings& settings, const AddressGuard& guard,
                   BlockPace& blocks)
    : settings_(settings),
      guard_(guard),
      blocks_(blocks),
      user_agent_(UserAgent(settings)),
      handle_(curl_easy_init()) {
  if (handle_ == nullptr) throw std::runtime_error("curl_easy_init failed");
  SetOnce();
  SetCallbacks();
}

template <typename Value>
void Transfer::Set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
  if (code != CURLE_OK) {
    throw std::runtime_error(std::string("libcurl refuses option ") + std::to_string(option) +
                             ": " + curl_easy_strerror(code));
  }
}

void Transfer::SetOnce() {
  Set(CURLOPT_PRIVATE, this);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_FOLLOWLOCATION, 0L);  // hops are followed by the Fetcher, each paced and guarded
  Set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  Set(CURLOPT_UNRESTRICTED_AUTH, 0L);
  Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(CURLOPT_PROXY, "");  // also not the one that the environment names
  Set(CURLOPT_HSTS_CTRL, 0L);
  Set(CURLOPT_HTTP09_ALLOWED, 0L);
  Set(CURLOPT_AUTOREFERER, 0L);
  Set(CURLOPT_TRANSFER_ENCODING, 0L);
  Set(CURLOPT_SSL_VERIFYPEER, 1L);
  Set(CURLOPT_SSL_VERIFYHOST, 2L);
  Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  Set(CURLOPT_USERAGENT, user_agent_.c_str());
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout_ms));
  Set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(settings_.low_speed_bytes_per_s));
  Set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.low_speed_time_s));
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_BUFFERSIZE, 16384L);
  Set(CURLOPT_MAXLIFETIME_CONN, 120L);
  // Every transfer goes through the whole cache, and few names are looked up twice.
  Set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  // Without it, giving up a slow lookup waits for its thread, and so does every other transfer.
  Set(CURLOPT_QUICK_EXIT, 1L);
}

void Transfer::SetCallbacks() {
  Set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnOpenSocket);
  Set(CURLOPT_OPENSOCKETDATA, this);
  Set(CURLOPT_PREREQFUNCTION, &Transfer::OnRequest);
  Set(CURLOPT_PREREQDATA, this);
}

void Transfer::Prepare(std::unique_ptr<Job> job, Connection connection) {
  job_ = std::move(job);
  result_ = TransferResult();
  header_bytes_ = 0;
  header_ended_ = address_blocked_ = address_allowed_ = route_lacks_ = false;
  headers_too_large_ = body_too_large_ = false;
  promised_ms_.reset();
  decoding_ = Decoding::kNone;
  encoding_broken_ = false;
  decoder_.reset();

  const bool whole = IsFeedOrPage(job_->request.kind);
  const bool probe = job_->request.kind == RequestKind::kProbe;
  if (job_->method == Method::kHead) {
    Set(CURLOPT_NOBODY, 1L);
  } else {
    Set(CURLOPT_HTTPGET, 1L);
  }
  const bool ranged = probe && job_->method == Method::kGet;
  const std::string range = "0-" + std::to_string(settings_.probe_body_bytes_max - 1);
  Set(CURLOPT_RANGE, ranged ? range.c_str() : nullptr);
  // Refuses a declared length that is too large; TakeBody refuses other large bodies. Probes and
  // robots.txt take the part that they want of any body.
  Set(CURLOPT_MAXFILESIZE_LARGE,
      static_cast<curl_off_t>(whole ? settings_.feed_body_bytes_max : 0));
  Set(CURLOPT_TIMEOUT_MS,
      static_cast<long>(whole ? settings_.feed_timeout_ms : settings_.probe_timeout_ms));
  Set(CURLOPT_FORBID_REUSE, connection == Connection::kClose ? 1L : 0L);
  SetHeaders(job_->request);
  Set(CURLOPT_URL, job_->url.c_str());
}

void Transfer::SetHeaders(const Request& request) {
  const auto append = [](curl_slist* list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    return longer;
  };
  std::unique_ptr<curl_slist, ListDeleter> list(append(nullptr, AcceptOf(request.kind)));
  // The list's head stays the same when something is appended.
  // A range of a packed body could not be unpacked. By its own option libcurl would also unpack.
  if (request.kind != RequestKind::kProbe) {
    append(list.get(), "Accept-Encoding: gzip, br, zstd");
  }
  if (!request.etag.empty()) append(list.get(), "If-None-Match: " + request.etag);
  if (!request.last_modified.empty()) {
    append(list.get(), "If-Modified-Since: " + request.last_modified);
  }
  Set(CURLOPT_HTTPHEADER, list.get());
  header_list_ = std::move(list);
}

TransferResult Transfer::Finish(CURLcode code) {
  LeaveBlocks();
  if (decoder_ && code == CURLE_OK) {
    Note(decoder_->End([this](std::string_view rest) { return TakeBody(rest) == rest.size(); }));
  }
  decoder_.reset();  // a window may have megabytes, and the transfer waits for its next request
  result_.outcome = OutcomeOf(code);
  if (result_.outcome == FetchOutcome::kProtocolError) result_.problem = ProblemOf(code);
  if (result_.outcome == FetchOutcome::kBlockedAddress) result_.problem = kAddressIsPrivate;
  // A failure counts once every address was tried: where our own pace kept one back, the request
  // has its turn later.
  if (code != CURLE_OK && !IsConnected()) result_.promised_ms = promised_ms_;
  long status = 0;
  curl_off_t wire_bytes = 0;
  curl_off_t duration_us = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_DOWNLOAD_T, &wire_bytes);
  curl_easy_getinfo(handle_.get(), CURLINFO_TOTAL_TIME_T, &duration_us);
  result_.status = static_cast<int>(status);
  result_.wire_bytes = wire_bytes;
  result_.duration_ms = duration_us / 1000;
  return std::move(result_);
}

FetchOutcome Transfer::OutcomeOf(CURLcode code) const {
  if (headers_too_large_) return FetchOutcome::kHeadersTooLarge;
  if (body_too_large_) {
    return IsFeedOrPage(job_->request.kind) ? FetchOutcome::kBodyTooLarge
                                            : FetchOutcome::kOk;  // seen what was to be seen
  }
  if (code != CURLE_OK && address_blocked_ && !address_allowed_) {
    return FetchOutcome::kBlockedAddress;
  }
  if (encoding_broken_) return FetchOutcome::kProtocolError;
  if (code != CURLE_OK && route_lacks_ && !IsConnected()) return FetchOutcome::kNoRoute;
  long status = 0;
  long verify_result = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_.get(), CURLINFO_SSL_VERIFYRESULT, &verify_result);
  switch (code) {
    case CURLE_OK:
      return FetchOutcome::kOk;
    case CURLE_COULDNT_RESOLVE_HOST:
      return FetchOutcome::kDnsFailure;
    case CURLE_ABORTED_BY_CALLBACK:
      return FetchOutcome::kBlockedAddress;
    case CURLE_OPERATION_TIMEDOUT:
      return FetchOutcome::kTimeout;
    case CURLE_PEER_FAILED_VERIFICATION:
      return OutcomeOfCertificate(verify_result);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return FetchOutcome::kTlsFailure;
    case CURLE_FILESIZE_EXCEEDED:
      return FetchOutcome::kBodyTooLarge;
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:  // a header line beyond libcurl's own limit
#endif
    case CURLE_OUT_OF_MEMORY:  // the same of older versions
      return FetchOutcome::kHeadersTooLarge;
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return status == 0 ? FetchOutcome::kConnectFailure : FetchOutcome::kProtocolError;
    default:
      return FetchOutcome::kProtocolError;
  }
}

std::size_t Transfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->TakeHeader({data, size * count});
}

std::size_t Transfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view piece(data, size * count);
  return static_cast<Transfer*>(self)->Decode(piece) ? piece.size() : CURL_WRITEFUNC_ERROR;
}

std::size_t Transfer::TakeHeader(std::string_view line) {
  header_bytes_ += static_cast<std::int64_t>(line.size());
  if (header_bytes_ > settings_.header_bytes_max) {
    headers_too_large_ = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {  // another block: the answer after a 1xx
    result_.headers = ResponseHeaders();
    header_ended_ = false;
    decoding_ = Decoding::kNone;
    decoder_.reset();
  } else if (line == "\r\n" || line == "\n") {
    header_ended_ = true;
    ChooseDecoding();
  } else if (!header_ended_) {  // trailers say nothing here
    result_.headers.Take(line);
  }
  return line.size();
}

void Transfer::ChooseDecoding() {
  if (job_->request.kind == RequestKind::kProbe) return;  // it asked for none
  if (result_.headers.content_encoding.empty()) return;
  decoding_ = DecodingOf(result_.headers.content_encoding);
  if (decoding_ == Decoding::kKnown) {
    decoder_.emplace(result_.headers.content_encoding, BodyBytesMax(settings_, job_->request.kind));
  }
}

bool Transfer::Decode(std::string_view piece) {
  const auto take = [this](std::string_view bytes) { return TakeBody(bytes) == bytes.size(); };
  if (decoding_ == Decoding::kUnsupported || decoding_ == Decoding::kTooMany) return false;
  if (!decoder_) return take(piece);
  const auto result = decoder_->Add(piece, take);
  Note(result);
  return result == ContentDecoder::Result::kMore;
}

void Transfer::Note(ContentDecoder::Result result) {
  if (result == ContentDecoder::Result::kBroken) encoding_broken_ = true;
  if (result == ContentDecoder::Result::kTooLarge) body_too_large_ = true;
}

std::string_view Transfer::ProblemOf(CURLcode code) const {
  if (decoding_ == Decoding::kTooMany) {
    return "the body is in too many encodings, one in the other";
  }
  if (decoding_ == Decoding::kUnsupported) {
    return "the body is in an encoding that was not asked for";
  }
  if (encoding_broken_) {
    return "the body is broken: it is not in the encoding that it names";
  }
  switch (code) {
    case CURLE_PARTIAL_FILE:
      return "the body ended before the length that it names";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return "the answer is not HTTP";
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return "the connection broke within HTTP/2";
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
      return "the connection broke within the answer";
    default:
      return {};
  }
}

std::size_t Transfer::TakeBody(std::string_view piece) {
  const std::int64_t room = BodyBytesMax(settings_, job_->request.kind) - result_.body_bytes;
  const bool fits = static_cast<std::int64_t>(piece.size()) <= room;
  if (!fits) piece = piece.substr(0, static_cast<std::size_t>(room));
  result_.body.append(piece);
  result_.body_bytes += static_cast<std::int64_t>(piece.size());
  body_too_large_ = !fits;
  return fits ? piece.size() : CURL_WRITEFUNC_ERROR;
}

// Whether the pace of the address's block lets this transfer in; feeds keep none.
bool Transfer::MayEnter(const Address& address) {
  if (job_->request.kind == RequestKind::kFeed || guard_.IsOpened(address)) return true;
  const BlockPace::Block block = BlockPace::BlockOf(address);
  if (std::ranges::find(entered_blocks_, block) != entered_blocks_.end()) return true;
  const auto turn = job_->block_promised ? BlockPace::Turn::kPromised : BlockPace::Turn::kNew;
  if (blocks_.Enter(block, turn)) {
    entered_blocks_.push_back(block);
    return true;
  }
  if (!promised_ms_) promised_ms_ = blocks_.Promise(block);
  return false;
}

bool Transfer::IsConnected() const {
  curl_off_t connected_us = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_CONNECT_TIME_T, &connected_us);
  return connected_us > 0;
}

void Transfer::LeaveBlocks() {
  for (const BlockPace::Block block : entered_blocks_) blocks_.Leave(block);
  entered_blocks_.clear();
}

curl_socket_t Transfer::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(self);
  const auto parsed = transfer->guard_.Allowed(address->addr, address->addrlen);
  if (!parsed) {
    transfer->address_blocked_ = true;
    return CURL_SOCKET_BAD;
  }
  if (!transfer->MayEnter(*parsed)) return CURL_SOCKET_BAD;
  transfer->address_allowed_ = true;
  if (!HasRoute(address->addr, address->addrlen)) {
    transfer->route_lacks_ = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Called once the connection is open, new or used again: checks the address once more.
int Transfer::OnRequest(void* self, char* remote_ip, char*, int remote_port, int) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::optional<Address> address = ParseAddress(remote_ip);
  const bool allowed =
      address && transfer->guard_.Allows(*address, remote_port) && transfer->MayEnter(*address);
  return allowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

}  // namespace saunter::crawler::fetch
