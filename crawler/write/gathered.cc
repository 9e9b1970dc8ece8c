#include "crawler/write/gathered.h"

#include <algorithm>
#include <iterator>

namespace saunter::crawler::write {
namespace {

// With a note of usual length.
constexpr std::int64_t kFeedbackBytes = 256;

std::int64_t Bytes(const schemas::EntryIntake& entry) {
  auto bytes = sizeof(entry) + entry.url.size() + entry.host.size() +
               entry.registrable_domain.size() + entry.title.size() + entry.author.size() +
               entry.language.size() + entry.summary.size();
  for (const auto& category : entry.categories) bytes += sizeof(category) + category.size();
  return static_cast<std::int64_t>(bytes);
}

Weight WeightOf(const schemas::CrawlResult& crawl) {
  Weight weight{1 + std::ssize(crawl.entries), sizeof(crawl)};
  for (const auto& entry : crawl.entries) weight.bytes += Bytes(entry);
  return weight;
}
Weight WeightOf(const schemas::ProbeResult& probe) { return {1, sizeof(probe)}; }
Weight WeightOf(const schemas::SiteLook& look) {
  return {1, static_cast<std::int64_t>(sizeof(look) + look.words.size())};
}
Weight WeightOf(const schemas::CrawlerStatus& status) { return {1, sizeof(status)}; }
Weight WeightOf(const PullIn&) { return {1, sizeof(PullIn)}; }
Weight WeightOf(const std::shared_ptr<FeedbackTicket>& ticket) {
  Weight weight{std::ssize(ticket->feedback), sizeof(FeedbackTicket)};
  weight.bytes += weight.rows * kFeedbackBytes;
  return weight;
}
Weight WeightOf(const schemas::HostState& hosts) {
  Weight weight{std::ssize(hosts.pauses) + std::ssize(hosts.robots), sizeof(hosts)};
  weight.bytes += std::ssize(hosts.pauses) * static_cast<std::int64_t>(sizeof(schemas::HostPause));
  for (const auto& robots : hosts.robots) {
    weight.bytes += static_cast<std::int64_t>(sizeof(robots)) + std::ssize(robots.rules);
  }
  return weight;
}

}  // namespace

Weight WeightOf(const Result& result) {
  return std::visit([](const auto& kind) { return WeightOf(kind); }, result);
}

void Gathered::Take(Queued queued) {
  weight.rows += queued.weight.rows;
  weight.bytes += queued.weight.bytes;
  std::visit([this]<typename Kind>(Kind&& result) { Take(std::forward<Kind>(result)); },
             std::move(queued.result));
}

void Gathered::Take(schemas::CrawlResult&& crawl) {
  committed.feed_ids.push_back(crawl.feed.feed_id);
  rows.crawls.push_back(std::move(crawl));
}

void Gathered::Take(schemas::ProbeResult&& probe) {
  committed.link_ids.push_back(probe.link_id);
  rows.probes.push_back(std::move(probe));
}

void Gathered::Take(schemas::SiteLook&& look) { rows.looks.push_back(std::move(look)); }

void Gathered::Take(schemas::HostState&& hosts) {
  std::ranges::move(hosts.pauses, std::back_inserter(rows.hosts.pauses));
  std::ranges::move(hosts.robots, std::back_inserter(rows.hosts.robots));
}

void Gathered::Take(schemas::CrawlerStatus&& status) { rows.status = std::move(status); }

void Gathered::Take(std::shared_ptr<FeedbackTicket>&& ticket) {
  rows.feedback.insert(rows.feedback.end(), ticket->feedback.begin(), ticket->feedback.end());
  feedback_tickets.push_back(std::move(ticket));
}

void Gathered::Take(std::shared_ptr<Ticket> ticket) {
  committed.has_changes = true;
  changes.insert(changes.end(), ticket->changes.begin(), ticket->changes.end());
  tickets.push_back(std::move(ticket));
}

}  // namespace saunter::crawler::write
