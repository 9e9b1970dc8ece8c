// One batch as one transaction, with the decisions on the blacklist that follow from it.
//
// The operator's changes are applied first, in order, so that the blacklist they leave judges the
// rest of the batch. No statement asks whether something is blacklisted: the matcher in memory
// answers that, and only the sites and links that a changed pattern names are written.
//
// Thread safety: that of the Writer. Errors: StoreError; nothing was written then, but for
// kUnsynced, and the same batch may be tried again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crawler/health/blacklist.h"
#include "schemas/batch.h"
#include "schemas/blacklist.h"
#include "schemas/settings.h"
#include "schemas/units.h"
#include "store/writer.h"

namespace saunter::crawler::write {

struct BatchReport {
  std::int64_t batch_id = 0;
  std::vector<schemas::ChangeOutcome> outcomes;             // one for each change
  std::vector<schemas::FeedbackOutcome> feedback_outcomes;  // one for each of rows.feedback
  std::vector<schemas::BlacklistEntry> blacklisted;         // by the rule
  std::vector<std::string> returned;  // hosts that came off the list after parole
  std::int64_t links_new = 0;
  std::int64_t results_lost = 0;  // of feeds and links that another crawler holds by now
  bool is_removing = false;       // something of removed feeds is left for the next batches
  bool is_settling = false;       // the same of links whose feed has got another category
  bool pulls_in_far = false;      // the same of what rows.pulls_in_far asked for
};

// `rows` is the batch without its changes; blacklisted entries and moves are dropped from it, and
// what its lease does not hold any more.
// Replaces `blacklist` after the commit if the batch changed it, or another writer had.
[[nodiscard]] BatchReport CommitBatch(store::Writer& writer,
                                      const std::vector<schemas::OperatorChange>& changes,
                                      const schemas::WriteBatch& rows,
                                      std::shared_ptr<const health::Blacklist>& blacklist,
                                      const schemas::HealthSettings& settings,
                                      schemas::UnixSeconds now);

// Replaces `blacklist` by what stands in the database now, if others have changed it.
void RenewBlacklist(store::Writer& writer, std::shared_ptr<const health::Blacklist>& blacklist,
                    schemas::UnixSeconds now);

// CommitBatch for a batch that holds its changes, as the CLI writes it when no crawler runs; with
// what is left of removed feeds and of new categories, in transactions of their own.
BatchReport WriteOneBatch(store::Writer& writer, const schemas::WriteBatch& batch,
                          std::shared_ptr<const health::Blacklist>& blacklist,
                          const schemas::HealthSettings& settings, schemas::UnixSeconds now);

}  // namespace saunter::crawler::write
