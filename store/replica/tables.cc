#include "store/replica/tables.h"

#include <utility>

namespace saunter::store::replica {
namespace {

CopiedColumn Number(std::string name) { return {.name = std::move(name)}; }
CopiedColumn Number(std::string name, std::string value) {
  return {.name = std::move(name), .value = std::move(value)};
}
CopiedColumn Text(std::string name) { return {.name = std::move(name), .type = ColumnType::kText}; }
CopiedColumn IdOf(Kind kind, std::string name) { return {.name = std::move(name), .names = kind}; }
CopiedColumn Categories(std::string name) {
  return {.name = std::move(name), .type = ColumnType::kText, .names = Kind::kCategory};
}

// Readers know nothing of when a link is probed, nor by which key it is found. A column that is
// added here needs a place in the triggers of schemas/postgres/, as in the other tables.
CopiedTable Links() {
  return {.name = "link",
          .kind = Kind::kLink,
          .group = "link_id",
          .key = {"link_id"},
          .order = {"link_id"},
          .columns = {Number("link_id"), IdOf(Kind::kSite, "site_id"), Number("url_key", "0"),
                      Number("source_id"), Number("feed_id"), Number("state"),
                      Number("blacklisted"), Number("strikes"), Number("struck_at"),
                      Number("first_seen_at"), Number("published_at"), Number("updated_at"),
                      Number("next_check_at", "0"), Text("language"), Categories("categories"),
                      Text("url"), Text("title"), Text("author"), Text("summary")}};
}

CopiedTable Pool() {
  return {.name = "pool",
          .kind = Kind::kLink,
          .group = "link_id",
          .key = {"link_id"},
          .order = {"link_id"},
          .columns = {Number("link_id"), IdOf(Kind::kSite, "site_id"),
                      IdOf(Kind::kSite, "source_id"), IdOf(Kind::kFeed, "feed_id"),
                      Number("published_at"), Text("language"), Categories("categories")}};
}

// When a feed was last read, and is next, is shown of those that fail.
CopiedTable Feeds() {
  return {.name = "feed",
          .kind = Kind::kFeed,
          .group = "feed_id",
          .key = {"feed_id"},
          .order = {"feed_id"},
          .columns = {Number("feed_id"), Text("url"), IdOf(Kind::kSite, "site_id"), Number("state"),
                      Text("title"), Text("given_title"), Text("site_url"), Text("category"),
                      Number("added_at"), Number("last_outcome"), Number("error_count"),
                      Number("ok_at", "CASE WHEN error_count > 0 THEN ok_at END"),
                      Number("next_check_at",
                             "CASE WHEN error_count > 0 THEN next_check_at ELSE 0 END")},
          .unique = "url"};
}

CopiedTable Sites() {
  return {.name = "site",
          .kind = Kind::kSite,
          .group = "site_id",
          .key = {"site_id"},
          .order = {"site_id"},
          .columns = {Number("site_id"), Text("host"), Text("registrable_domain"),
                      Number("links_unchecked"), Number("links_alive"), Number("links_unknown"),
                      Number("links_doubtful"), Number("links_dead"), Number("blacklisted_at"),
                      Number("blacklisted_until_at"), Text("blacklist_pattern"),
                      Text("blacklist_reason")},
          .unique = "host"};
}

CopiedTable Looks() {
  return {.name = "site_look",
          .kind = Kind::kSite,
          .group = "site_id",
          .key = {"site_id"},
          .order = {"site_id"},
          .columns = {Number("site_id"), Number("looked_at"), Number("answer"),
                      Number("target_key"), Number("title_key"), Text("words"),
                      Number("parked_count"), Number("parked_at"), Text("reason")}};
}

CopiedTable Decisions() {
  return {.name = "decision",
          .kind = Kind::kSite,
          .group = "site_id",
          .key = {"decision_id"},
          .order = {"decision_id"},
          .columns = {Number("decision_id"), Number("site_id"), Number("decided_at"),
                      Number("kind"), Text("reason"), Number("links_checked"), Number("links_dead"),
                      Number("links_discarded"), Number("first_dead_at"), Number("last_dead_at"),
                      Text("sample_urls")}};
}

// A link that several feeds list has the operator's word for each of them.
CopiedTable Entries() {
  return {.name = "entry",
          .kind = Kind::kEntries,
          .group = "link_id",
          .key = {"feed_id", "guid_key"},
          .order = {"link_id", "feed_id", "guid_key"},
          .columns = {IdOf(Kind::kFeed, "feed_id"), Number("guid_key"), Number("link_id"),
                      Number("content_key", "0"), Number("is_further")},
          .filter = "is_further = 1"};
}

// What readers wrote, and from where, stays where it is reviewed.
CopiedTable Reports() {
  return {.name = "report",
          .kind = Kind::kReport,
          .group = "report_id",
          .key = {"report_id"},
          .order = {"report_id"},
          .columns = {Number("report_id"),
                      Number("link_id"),
                      {.name = "url", .value = "''", .type = ColumnType::kText},
                      Number("kind"),
                      Number("reported_at"),
                      Number("decision"),
                      Number("decided_at")}};
}

// A table whose rows have one number that names them, and nothing but numbers.
CopiedTable OfNumbers(const char* name, Kind kind, const char* group,
                      std::vector<CopiedColumn> others) {
  others.insert(others.begin(), Number(group));
  return {.name = name,
          .kind = kind,
          .group = group,
          .key = {group},
          .order = {group},
          .columns = std::move(others)};
}

CopiedTable Weights() {
  return {.name = "source_weight",
          .kind = Kind::kWeek,
          .group = "week",
          .key = {"week", "source_id"},
          .order = {"week", "source_id"},
          .columns = {Number("week"), Number("source_id"), Number("weight")}};
}

CopiedTable CategoryNames() {
  return {.name = "category",
          .kind = Kind::kCategory,
          .group = "category_id",
          .key = {"category_id"},
          .order = {"category_id"},
          .columns = {Number("category_id"), Text("name")},
          .unique = "name"};
}

}  // namespace

// Links come before what they name, so that a pull can copy that along.
std::span<const CopiedTable> CopiedTables() {
  static const std::vector<CopiedTable> kTables = {
      Links(),
      Pool(),
      Entries(),
      Feeds(),
      OfNumbers("removal", Kind::kFeed, "feed_id", {}),
      Sites(),
      Looks(),
      Decisions(),
      CategoryNames(),
      Reports(),
      OfNumbers("hour", Kind::kHour, "hour_at",
                {Number("batches"), Number("crawls"), Number("probes"), Number("links_new")}),
      OfNumbers("weight_week", Kind::kWeek, "week", {Number("decided_at")}),
      Weights(),
      OfNumbers("outage", Kind::kOutage, "began_at", {Number("ended_at")}),
      OfNumbers("batch", Kind::kBatch, "batch_id",
                {Number("committed_at"), Number("crawls"), Number("probes"), Number("changes"),
                 Number("links_new")}),
  };
  return kTables;
}

std::span<const LeftOutTable> LeftOutTables() {
  static constexpr LeftOutTable kTables[] = {
      {"pool_change", "the copy tells its readers of changes by numbers of its own"},
      {"replica", "the copy has its own"},
      {"fetch", "only the operator is shown single fetches"},
      {"language", "languages are counted in links"},
      {"blacklist", "what it decides stands in sites and links"},
      {"host_pause", "only crawlers ask"},
      {"robots", "only crawlers ask"},
      {"receipt_used", "receipts are used up where votes and reports are written"},
      {"vote", "votes are counted where they are written"},
      {"source_votes", "weights are made of them, and those are copied"},
      {"import", "only the operator undoes imports"},
      {"import_feed", "only the operator undoes imports"},
      {"import_pattern", "only the operator undoes imports"},
      {"left_category", "only writers settle categories"},
  };
  return kTables;
}

}  // namespace saunter::store::replica
