#include "crawler/fetch/name_gate.h"

namespace saunter::crawler::fetch {

std::optional<EndedTransfer> NameGate::Await(EndedTransfer ended) {
  ended.result.outcome = schemas::FetchOutcome::kResolverFailure;
  if (!checks_.Ask(ended.job->host)) return ended;
  const auto host = ended.job->host;
  waiting_.emplace(host, std::move(ended));
  return std::nullopt;
}

std::vector<EndedTransfer> NameGate::Take() {
  std::vector<EndedTransfer> taken;
  for (const auto& [host, finding] : checks_.Take()) {
    const bool is_absent = finding == NameFinding::kAbsent;
    while (auto node = waiting_.extract(host)) {
      auto& ended = taken.emplace_back(std::move(node.mapped()));
      if (is_absent) ended.result.outcome = schemas::FetchOutcome::kDnsFailure;
    }
  }
  return taken;
}

}  // namespace saunter::crawler::fetch
