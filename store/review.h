// What readers reported of links, as an operator reviews it.
//
// Reports of dead links are not among it: those are probed. All queries go by an index.
//
// Thread safety: one thread at a time. Errors: what goes wrong while reading is thrown as
// StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/feedback.h"
#include "schemas/fields.h"
#include "schemas/units.h"
#include "store/page.h"

namespace saunter::store {

// A report as it is kept. It waits for review while there is no decision.
struct KeptReport {
  schemas::Id report_id = 0;
  schemas::ReportKind kind = schemas::ReportKind::kOther;
  std::string note;  // anybody's words
  schemas::UnixSeconds reported_at = 0;
  std::optional<schemas::ReportDecision> decision;
  std::optional<schemas::UnixSeconds> decided_at;
};

template <schemas::RowOf<KeptReport> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("report_id", row.report_id);
  visit("kind", row.kind);
  visit("note", row.note);
  visit("reported_at", row.reported_at);
  visit("decision", row.decision);
  visit("decided_at", row.decided_at);
}

// A link that was reported.
struct ReviewedLink {
  schemas::Id link_id = 0;
  std::string url;    // as it is now; of a link that has gone, when it was reported
  std::string title;  // empty: it has none, or has gone
  bool is_in_pool = false;
  bool is_withheld = false;   // from readers, until it is reviewed
  std::int64_t networks = 0;  // of the reports that wait; one that came on two days counts as two,
                              // and what is older than seven days is not known any more
};

// What stands in the row, without its reports.
template <schemas::RowOf<ReviewedLink> Row, typename Visitor>
void VisitFields(Row& row, Visitor&& visit) {
  visit("link_id", row.link_id);
  visit("url", row.url, schemas::Presence::kAlways);
  visit("title", row.title);
  visit("is_in_pool", row.is_in_pool);
  visit("is_withheld", row.is_withheld);
  visit("networks", row.networks);
}

class Review {
 public:
  virtual ~Review() = default;

  // Links with reports that wait, and those that are withheld.
  [[nodiscard]] virtual std::vector<schemas::Id> LinksToReview(Page page) = 0;
  // Nothing if the link was never reported, or it is forgotten by now.
  [[nodiscard]] virtual std::optional<ReviewedLink> FindReviewedLink(schemas::Id link_id) = 0;
  // All that are kept, the oldest first.
  [[nodiscard]] virtual std::vector<KeptReport> ReportsOn(schemas::Id link_id) = 0;
};

}  // namespace saunter::store
