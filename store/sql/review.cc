#include "store/sql/review.h"

#include <string>

#include "store/sql/fields.h"
#include "store/sql/stored_url.h"

namespace saunter::store::sql {
namespace {

// Reports may have gone by their budget while the link is still withheld.
constexpr char kLinksToReview[] =
    "SELECT link_id FROM report WHERE decided_at IS NULL AND link_id > ?1 UNION SELECT link_id "
    "FROM link WHERE blacklisted >= 2 AND link_id > ?1 ORDER BY link_id LIMIT ?2";
const auto kFindStanding = WordedBy([](Engine engine) {
  return "SELECT " +
         Columns<ReviewedLink>(
             {{"link_id", "l.link_id"},
              {"url", UrlOfLink(engine)},
              {"title", "l.title"},
              {"is_in_pool", FlagOf("EXISTS (SELECT 1 FROM pool p WHERE p.link_id = l.link_id)")},
              {"is_withheld", FlagOf("l.blacklisted >= 2")},
              {"networks",
               "(SELECT count(DISTINCT network) FROM report r WHERE r.link_id = l.link_id AND "
               "r.decided_at IS NULL)"}}) +
         " FROM link l JOIN site s USING (site_id) WHERE l.link_id = ?1 AND (l.blacklisted >= 2 OR "
         "EXISTS (SELECT 1 FROM report r WHERE r.link_id = ?1))";
});
const std::string kFindGone =
    "SELECT " +
    Columns<ReviewedLink>({{"title", "NULL"},
                           {"is_in_pool", "0"},
                           {"is_withheld", "0"},
                           {"networks",
                            "(SELECT count(DISTINCT network) FROM report WHERE link_id = ?1 AND "
                            "decided_at IS NULL)"}}) +
    " FROM report WHERE link_id = ?1 ORDER BY reported_at DESC LIMIT 1";
const std::string kReportsOn = "SELECT " + Columns<KeptReport>() +
                               " FROM report WHERE link_id = ? ORDER BY reported_at, report_id";

}  // namespace

std::vector<schemas::Id> Review::LinksToReview(Page page) {
  std::vector<schemas::Id> links;
  Use list(database_, kLinksToReview);
  list.Int(page.after).Int(page.count_max);
  while (list.Step()) links.push_back(list.GetInt(0));
  return links;
}

std::optional<ReviewedLink> Review::FindReviewedLink(schemas::Id link_id) {
  const ReadTransaction transaction(database_);
  if (Use standing(database_, kFindStanding); standing.Int(link_id).Step()) {
    return GetRecord<ReviewedLink>(standing);
  }
  Use gone(database_, kFindGone);
  if (!gone.Int(link_id).Step()) return std::nullopt;
  return GetRecord<ReviewedLink>(gone);
}

std::vector<KeptReport> Review::ReportsOn(schemas::Id link_id) {
  Use list(database_, kReportsOn);
  return GetRecords<KeptReport>(list.Int(link_id));
}

}  // namespace saunter::store::sql
