// Inside crawler/write: what waits for the writer, and what it has gathered into a batch.
//
// Thread safety: values, no sharing, but for tickets: WriterThread's mutex guards those.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "schemas/batch.h"
#include "schemas/host.h"
#include "schemas/link.h"
#include "schemas/site.h"
#include "schemas/status.h"
#include "schemas/units.h"
#include "store/inbox/ticket.h"

namespace saunter::crawler::write {

// What a clock that was wrong put off for years is pulled in from the next batch on, a piece in
// each until nothing is left of it.
struct PullIn {};

using store::inbox::FeedbackTicket;

using Result = std::variant<schemas::CrawlResult, schemas::ProbeResult, schemas::SiteLook,
                            schemas::CrawlerStatus, schemas::HostState, PullIn,
                            std::shared_ptr<FeedbackTicket>>;

// What became of a set of operator's changes.
struct ChangeReceipt {
  bool committed = false;
  std::string problem;  // if not committed
  std::int64_t batch_id = 0;
  std::vector<schemas::ChangeOutcome> outcomes;  // one for each change
};

// Feeds and links whose results are in the database now, in no order.
struct Committed {
  schemas::Id owner = 0;     // of the lease under which they were asked
  bool has_changes = false;  // an operator's, too
  std::vector<schemas::Id> feed_ids;
  std::vector<schemas::Id> link_ids;
  std::int64_t batch_id = 0;
};

// What a result weighs in a batch.
struct Weight {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};
[[nodiscard]] Weight WeightOf(const Result& result);

// A caller of WriterThread::Change who waits.
struct Ticket {
  std::vector<schemas::OperatorChange> changes;
  bool answered = false;
  ChangeReceipt receipt;
};

struct Queued {
  Result result;
  Weight weight;
};

// What was taken from the queue and not committed yet.
struct Gathered {
  schemas::WriteBatch rows;
  std::vector<schemas::OperatorChange> changes;
  std::vector<std::shared_ptr<Ticket>> tickets;
  std::vector<std::shared_ptr<FeedbackTicket>> feedback_tickets;
  Committed committed;
  Weight weight;

  [[nodiscard]] bool Empty() const { return weight.rows == 0 && tickets.empty(); }
  void Take(Queued queued);
  void Take(schemas::CrawlResult&& crawl);
  void Take(schemas::ProbeResult&& probe);
  void Take(schemas::SiteLook&& look);
  void Take(schemas::HostState&& hosts);
  void Take(schemas::CrawlerStatus&& status);
  void Take(std::shared_ptr<FeedbackTicket>&& ticket);
  void Take(PullIn&&) { rows.pulls_in_far = true; }
  void Take(std::shared_ptr<Ticket> ticket);
};

}  // namespace saunter::crawler::write
