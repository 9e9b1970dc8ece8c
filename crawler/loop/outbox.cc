#include "crawler/loop/outbox.h"

#include <utility>
#include <variant>

namespace saunter::crawler::loop {

void Outbox::PutAll(std::vector<schemas::CrawlResult> results) {
  for (auto& result : results) Put(std::move(result));
}

void Outbox::PutAll(std::vector<ProbeOutput> results) {
  for (auto& result : results) {
    std::visit([&](auto& kind) { Put(std::move(kind)); }, result);
  }
}

bool Outbox::HandOver() {
  while (!results_.empty()) {
    switch (writer_.TryPut(results_.front())) {
      case write::PutStatus::kTaken:
        results_.pop_front();
        break;
      case write::PutStatus::kFull:
        return true;
      case write::PutStatus::kClosed:
        return false;
    }
  }
  return true;
}

void Outbox::Flush() {
  for (auto& result : std::exchange(results_, {})) {
    // Who waits for room now may wait for ever; feeds that were asked stand in their list.
    if (writer_.Trouble()) {
      if (writer_.TryPut(result) != write::PutStatus::kTaken) return;
      continue;
    }
    // A writer that has failed has said so; there is nobody left to tell.
    if (!writer_.Put(std::move(result))) return;
  }
}

}  // namespace saunter::crawler::loop
