#include "tests/bench/bare_multi.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace saunter::bench {
namespace {

std::size_t CountBytes(char*, std::size_t size, std::size_t count, void* sums) {
  static_cast<BareSums*>(sums)->body_bytes += static_cast<std::int64_t>(size * count);
  return size * count;
}

void Prepare(CURL* easy, BareSums& sums, BareMethod method) {
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CountBytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sums);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_NOBODY, method == BareMethod::kHead ? 1L : 0L);
  // Both caches are walked on every transfer; with a host a URL they only cost.
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
}

}  // namespace

BareSums FetchAll(const std::vector<std::string>& urls, int in_flight, BareMethod method) {
  BareSums sums;
  const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi(curl_multi_init(),
                                                                    &curl_multi_cleanup);
  std::vector<std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>> handles;
  std::size_t next = 0;
  const auto start = [&](CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_URL, urls[next++].c_str());
    curl_multi_add_handle(multi.get(), easy);
  };
  const auto count = std::min(static_cast<std::size_t>(in_flight), urls.size());
  for (std::size_t i = 0; i < count; ++i) {
    handles.emplace_back(curl_easy_init(), &curl_easy_cleanup);
    Prepare(handles.back().get(), sums, method);
    start(handles.back().get());
  }
  int running = 1;
  while (running > 0 || next < urls.size()) {
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      ++(message->data.result == CURLE_OK ? sums.ok : sums.failed);
      curl_multi_remove_handle(multi.get(), easy);
      if (next < urls.size()) start(easy);
    }
    if (running > 0) curl_multi_poll(multi.get(), nullptr, 0, 100, nullptr);
  }
  for (const auto& easy : handles) curl_multi_remove_handle(multi.get(), easy.get());
  return sums;
}

}  // namespace saunter::bench
