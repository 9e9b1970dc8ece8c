// What may hang: names, the web, the API. A child process does it, and has a deadline.

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "crawler/cli/doctor_gather.h"
#include "crawler/fetch/address_guard.h"
#include "crawler/fetch/fetcher.h"
#include "crawler/url/url.h"
#include "crawler/write/unix_socket.h"
#include "schemas/settings_check.h"
#include "schemas/text.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::size_t kNamesMax = 3;
constexpr std::int64_t kFeedsLookedAt = 200;
constexpr std::int64_t kDnsMsMax = 5000;
constexpr std::int64_t kFetchMsMax = 8000;
constexpr std::int64_t kApiMsMax = 3000;
constexpr std::size_t kAnswerBytesMax = 262144;
// A host that the crawler asked within this time is left in peace.
constexpr schemas::UnixSeconds kHostRestS = 60;
constexpr const char* kCaBundle = "/etc/ssl/certs/ca-certificates.crt";

using SteadyTime = std::chrono::steady_clock::time_point;

std::int64_t MsSince(SteadyTime then) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               then)
      .count();
}

// All that comes until its end, until it is whole or until the deadline; false: that came first.
bool ReadToEnd(int descriptor, std::int64_t deadline_ms, std::string& text,
               bool (*is_whole)(const std::string&) = nullptr) {
  const auto began = std::chrono::steady_clock::now();
  std::array<char, 4096> piece{};
  while (true) {
    const auto left_ms = deadline_ms - MsSince(began);
    pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (left_ms <= 0 || poll(&waiting, 1, static_cast<int>(left_ms)) == 0) return false;
    const auto bytes = ::read(descriptor, piece.data(), piece.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return bytes == 0;
    text.append(piece.data(), static_cast<std::size_t>(bytes));
    if (text.size() > kAnswerBytesMax) return true;
    if (is_whole != nullptr && is_whole(text)) return true;
  }
}

void WriteWhole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto bytes = ::write(descriptor, text.data(), text.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(bytes));
  }
}

// Feeds that a look at the network may use: those that are not due now, then those that are.
std::vector<schemas::DueFeed> FeedsToUse(store::Reader& reader, schemas::UnixSeconds now) {
  auto feeds = reader.FeedsDueAfter(now, kFeedsLookedAt);
  auto due = reader.DueFeeds({.now = now, .count_max = kFeedsLookedAt}).feeds;
  std::ranges::move(due, std::back_inserter(feeds));
  return feeds;
}

bool IsName(std::string_view host) {
  return !host.starts_with('[') && !fetch::ParseAddress(host).has_value();
}

Json LookUp(const std::string& host) {
  const auto began = std::chrono::steady_clock::now();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), "443", &hints, &list);
  if (list != nullptr) freeaddrinfo(list);
  const bool absent = code == EAI_NONAME || code == EAI_NODATA;
  const auto answer = code == 0 ? NameFacts::Answer::kFound
                      : absent  ? NameFacts::Answer::kNoSuchName
                                : NameFacts::Answer::kFailed;
  return {{"host", host},
          {"answer", static_cast<int>(answer)},
          {"detail", code == 0 ? "" : gai_strerror(code)},
          {"duration_ms", MsSince(began)}};
}

NameFacts AnswerOf(const Json& json) {
  return {.host = json["host"].get<std::string>(),
          .answer = static_cast<NameFacts::Answer>(json["answer"].get<int>()),
          .detail = json["detail"].get<std::string>(),
          .duration_ms = json["duration_ms"].get<std::int64_t>()};
}

std::vector<std::string> ServersOfResolver() {
  std::vector<std::string> servers;
  std::ifstream file("/etc/resolv.conf");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    std::string value;
    if (words >> key >> value && key == "nameserver") servers.push_back(value);
  }
  return servers;
}

// The robots.txt of a host that answered well and was not asked for a while, or else of one that
// nobody has asked yet; by HTTPS if there is one. Empty: there is none.
std::string UrlToAsk(const std::vector<schemas::DueFeed>& feeds, const LockFacts& lock,
                     schemas::UnixSeconds now) {
  std::array<std::vector<std::string>, 4> urls;  // the best first
  for (const auto& feed : feeds) {
    const bool is_well = feed.last_outcome == schemas::FetchOutcome::kOk ||
                         feed.last_outcome == schemas::FetchOutcome::kNotModified;
    const bool rests = feed.checked_at && now - *feed.checked_at >= kHostRestS;
    // Of a feed that was never asked, a running crawler may be about to ask the host.
    const bool is_new = !feed.checked_at && lock.state == LockFacts::State::kFree;
    if (!(is_well && rests) && !is_new) continue;
    auto url = url::ParseUrl(feed.url);
    if (!url) continue;
    url->path = "/robots.txt";
    url->query.clear();
    url->fragment.clear();
    const std::size_t rank = (is_new ? 2U : 0U) + (url->scheme == "https" ? 0U : 1U);
    urls.at(rank).push_back(url->ToString());
  }
  for (const auto& same : urls) {
    // Not always the same publisher.
    if (!same.empty()) return same[static_cast<std::size_t>(now) % same.size()];
  }
  return {};
}

// A feed's request, since robots.txt itself is asked without asking robots.txt first.
Json Fetch(const schemas::FetchSettings& settings, const schemas::HostState& hosts,
           const std::string& url) {
  auto patient = settings;
  patient.feed_timeout_ms = std::min<std::int64_t>(patient.feed_timeout_ms, kFetchMsMax / 2);
  patient.connect_timeout_ms = std::min<std::int64_t>(patient.connect_timeout_ms, kFetchMsMax / 4);
  fetch::Fetcher fetcher(patient, 0, hosts);
  fetch::Request request;
  request.url = url;
  fetcher.Submit(std::move(request));
  std::vector<fetch::Response> responses;
  while (responses.empty()) responses = fetcher.Poll(kFetchMsMax);
  const auto& response = responses.front();
  return {
      {"outcome", static_cast<int>(response.outcome)},
      {"status", response.status},
      {"detail", response.detail},
      {"duration_ms", response.duration_ms},
      {"clock_ahead_s", response.server_at ? Json(Now() - *response.server_at) : Json(nullptr)}};
}

// --- The API: one GET a connection, as a script would.
std::string ConnectHost(const std::string& listening) {
  if (listening == "0.0.0.0" || listening == "*" || listening.empty()) return "127.0.0.1";
  return listening == "::" ? "::1" : listening;
}

constexpr std::string_view kHeaderEnd = "\r\n\r\n";

// Whether all is there that the header's Content-Length names.
bool IsWholeAnswer(const std::string& text) {
  const auto header_end = text.find(kHeaderEnd);
  if (header_end == std::string::npos) return false;
  std::istringstream lines(text.substr(0, header_end));
  for (std::string line; std::getline(lines, line);) {
    const auto colon = std::min(line.find(':'), line.size());
    if (!schemas::EqualsIgnoringCase(std::string_view(line).substr(0, colon), "content-length")) {
      continue;
    }
    const auto bytes = std::strtoull(line.c_str() + colon + 1, nullptr, 10);
    return text.size() - header_end - kHeaderEnd.size() >= bytes;
  }
  return false;
}

struct PlainAnswer {
  bool connected = false;
  int status = 0;
  std::string body;
};

PlainAnswer Ask(const schemas::Endpoint& endpoint, std::string_view path) {
  PlainAnswer answer;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const auto host = ConnectHost(endpoint.host);
  if (getaddrinfo(host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list) != 0) {
    return answer;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  const write::Descriptor socket(
      ::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, list->ai_protocol));
  answer.connected = connect(socket.get(), list->ai_addr, list->ai_addrlen) == 0;
  if (!answer.connected) return answer;
  const auto request = "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + host +
                       "\r\nAccept: application/json\r\nConnection: close\r\n\r\n";
  WriteWhole(socket.get(), request);
  std::string text;
  // The service may keep the connection open behind its answer.
  ReadToEnd(socket.get(), kApiMsMax / 3, text, &IsWholeAnswer);
  const auto body = text.find(kHeaderEnd);
  if (!text.starts_with("HTTP/1.") || text.size() < 12 || body == std::string::npos) return answer;
  // RFC 9112, 4: "HTTP/1.1 200 …".
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  answer.body = text.substr(body + kHeaderEnd.size());
  return answer;
}

Json AskApi(const schemas::Endpoint& endpoint) {
  const auto ready = Ask(endpoint, "/readyz");
  Json json = {{"connected", ready.connected}, {"status", ready.status}, {"body", ready.body}};
  json["stats"] = ready.status == 200 ? Json(Ask(endpoint, "/v1/stats").body) : Json("");
  return json;
}

std::string TextIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::int64_t> NumberIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

// An object, empty where the text is none.
Json ObjectOf(const std::string& text) {
  auto json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json::object();
}

}  // namespace

std::optional<Json> DoWithin(std::int64_t deadline_ms, const std::function<Json()>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const write::Descriptor reading(ends[0]);
  write::Descriptor writing(ends[1]);
  const auto child = fork();
  if (child < 0) return std::nullopt;
  if (child == 0) {
    try {
      WriteWhole(writing.get(), work().dump(-1, ' ', false, Json::error_handler_t::replace));
    } catch (const std::exception&) {
      _exit(1);  // as if it had not come to its end
    }
    _exit(0);
  }
  writing = write::Descriptor();
  std::string text;
  const bool ended = ReadToEnd(reading.get(), deadline_ms, text);
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  auto json = Json::parse(text, nullptr, false);
  return ended && !json.is_discarded() ? std::optional(std::move(json)) : std::nullopt;
}

DnsFacts GatherDns(store::Reader* reader, schemas::UnixSeconds now) {
  DnsFacts facts;
  facts.servers = ServersOfResolver();
  if (reader == nullptr) return facts;
  std::vector<std::string> hosts;
  for (const auto& feed : FeedsToUse(*reader, now)) {
    const auto url = url::ParseUrl(feed.url);
    if (!url || !IsName(url->host) || std::ranges::find(hosts, url->host) != hosts.end()) continue;
    hosts.push_back(url->host);
    if (hosts.size() == kNamesMax) break;
  }
  if (hosts.empty()) return facts;
  const auto done = DoWithin(kDnsMsMax, [&hosts] {
    // Of glibc's resolver: one try of two seconds at each server.
    setenv("RES_OPTIONS", "timeout:2 attempts:1", 1);
    auto answers = Json::array();
    for (const auto& host : hosts) {
      answers.push_back(LookUp(host));
      if (answers.back()["answer"] == static_cast<int>(NameFacts::Answer::kFailed)) break;
    }
    return answers;
  });
  facts.ended = done.has_value();
  if (done) {
    for (const auto& name : *done) facts.names.push_back(AnswerOf(name));
  } else {
    facts.names.push_back({.host = hosts.front(),
                           .answer = NameFacts::Answer::kFailed,
                           .detail = "no answer in time",
                           .duration_ms = kDnsMsMax});
  }
  return facts;
}

FetchFacts GatherFetch(store::Reader* reader, const schemas::FetchSettings& settings,
                       const LockFacts& lock, schemas::UnixSeconds now) {
  FetchFacts facts;
  if (const auto bundle = LookAt(kCaBundle); bundle.presence == FilePresence::kPresent) {
    facts.ca_bundle_bytes = bundle.bytes;
  }
  if (reader == nullptr) return facts;
  facts.url = UrlToAsk(FeedsToUse(*reader, now), lock, now);
  if (facts.url.empty()) return facts;
  const auto hosts = reader->HostsInForce(now, 0, 0);
  const auto done = DoWithin(kFetchMsMax, [&] { return Fetch(settings, hosts, facts.url); });
  facts.ended = done.has_value();
  if (!done) return facts;
  facts.outcome = static_cast<schemas::FetchOutcome>((*done)["outcome"].get<int>());
  facts.status = (*done)["status"].get<int>();
  facts.detail = (*done)["detail"].get<std::string>();
  facts.duration_ms = (*done)["duration_ms"].get<std::int64_t>();
  facts.clock_ahead_s = NumberIn(*done, "clock_ahead_s");
  // The host asks for a pause, or our own pace does: nothing was asked.
  if (facts.outcome == schemas::FetchOutcome::kTooManyRequests && facts.status == 0) {
    facts.url.clear();
  }
  return facts;
}

ApiFacts GatherApi(const schemas::ApiSettings& settings) {
  ApiFacts facts;
  facts.listen = settings.listen;
  const auto endpoint = schemas::ParseEndpoint(settings.listen);
  if (!endpoint || endpoint->port == 0) return facts;
  const auto done = DoWithin(kApiMsMax, [&endpoint] { return AskApi(*endpoint); });
  if (!done) {
    facts.connected = true;  // it hangs
    return facts;
  }
  facts.connected = (*done)["connected"].get<bool>();
  facts.status = (*done)["status"].get<int>();
  const auto body = ObjectOf(TextIn(*done, "body"));
  facts.reason = TextIn(body, "reason");
  facts.detail = TextIn(body, "detail");
  const auto stats = ObjectOf(TextIn(*done, "stats"));
  facts.schema_version = NumberIn(stats, "schema_version");
  facts.batches = NumberIn(stats, "batches");
  return facts;
}

}  // namespace saunter::crawler::cli
