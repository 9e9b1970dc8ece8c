// Results on their way to the writer, in order; what its full queue does not take waits here.
//
// Thread safety: one thread. Ownership: the writer outlives it. Errors: a writer that takes nothing
// any more is a value.
#pragma once

#include <deque>
#include <vector>

#include "crawler/loop/probe_stream.h"
#include "crawler/write/writer_thread.h"
#include "schemas/batch.h"

namespace saunter::crawler::loop {

class Outbox {
 public:
  explicit Outbox(write::WriterThread& writer) : writer_(writer) {}

  void Put(write::Result result) { results_.push_back(std::move(result)); }
  void PutAll(std::vector<schemas::CrawlResult> results);
  void PutAll(std::vector<ProbeOutput> results);
  void Drop() { results_.clear(); }
  [[nodiscard]] bool Empty() const { return results_.empty(); }

  // Moves on what the queue has room for. False: the writer takes nothing any more.
  [[nodiscard]] bool HandOver();
  // Moves on everything, and waits for room unless the database takes no writes. A writer that has
  // failed gets nothing.
  void Flush();

 private:
  write::WriterThread& writer_;
  std::deque<write::Result> results_;
};

}  // namespace saunter::crawler::loop
