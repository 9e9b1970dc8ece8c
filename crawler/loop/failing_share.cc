#include "crawler/loop/failing_share.h"

#include <iterator>
#include <ranges>

#include "crawler/url/platforms.h"
#include "crawler/url/url.h"
#include "schemas/site.h"

namespace saunter::crawler::loop {
namespace {

constexpr schemas::UnixSeconds kWindowS = 300;
constexpr std::size_t kHostsMin = 10;
constexpr std::size_t kAllHostsMin = 3;
constexpr std::size_t kHostsMax = 512;

}  // namespace

void FailingShare::Note(const std::string& host, bool failed, schemas::UnixSeconds now) {
  while (!samples_.empty() && now - samples_.front().at >= kWindowS) Drop(samples_.begin());
  // A sample from the future is one from before the clock was set back.
  while (!samples_.empty() && samples_.back().at > now) Drop(std::prev(samples_.end()));
  const auto host_key = url::TextKey(url::WitnessDomain(schemas::HostOfSite(host)));
  if (const auto known = by_host_.find(host_key); known != by_host_.end()) Drop(known->second);
  if (samples_.size() >= kHostsMax) Drop(samples_.begin());
  samples_.push_back({now, host_key, failed});
  by_host_.emplace(host_key, std::prev(samples_.end()));
  if (failed) ++failed_;
}

void FailingShare::Drop(Samples::const_iterator sample) {
  if (sample->failed) --failed_;
  by_host_.erase(sample->host_key);
  samples_.erase(sample);
}

FailingShare::Counts FailingShare::CountAt(schemas::UnixSeconds now) const {
  Counts counts{.hosts = samples_.size(), .failed = failed_};
  const auto leave_out = [&](const Sample& sample) {
    --counts.hosts;
    if (sample.failed) --counts.failed;
  };
  for (const auto& sample : samples_) {
    if (now - sample.at < kWindowS) break;
    leave_out(sample);
  }
  for (const auto& sample : std::views::reverse(samples_)) {
    if (sample.at <= now) break;
    leave_out(sample);
  }
  return counts;
}

bool FailingShare::MostFail(schemas::UnixSeconds now) const {
  const auto counts = CountAt(now);
  return counts.hosts >= kHostsMin && counts.failed * 2 > counts.hosts;
}

bool FailingShare::AllFail(schemas::UnixSeconds now) const {
  const auto counts = CountAt(now);
  return counts.hosts >= kAllHostsMin && counts.failed == counts.hosts;
}

}  // namespace saunter::crawler::loop
