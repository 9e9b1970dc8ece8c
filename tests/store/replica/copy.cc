#include "tests/store/replica/copy.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace saunter::store::replica {
namespace {

using nlohmann::json;
using schemas::Id;

constexpr schemas::UnixSeconds kYear = 366 * 86400;

template <typename Field>
json JsonOf(const Field& field) {
  if constexpr (requires { field.has_value(); }) {
    return field ? JsonOf(*field) : json();
  } else if constexpr (std::is_enum_v<Field>) {
    return static_cast<std::int64_t>(field);
  } else {
    return field;
  }
}

template <typename Record>
json RecordOf(const Record& record) {
  json object;
  VisitFields(record, [&](std::string_view name, const auto& field, auto...) {
    object[std::string(name)] = JsonOf(field);
  });
  return object;
}

template <typename Records>
json RecordsOf(const Records& records) {
  json list = json::array();
  for (const auto& record : records) list.push_back(RecordOf(record));
  return list;
}

// Of a list that is in no order.
json InOneOrder(json list) {
  std::sort(list.begin(), list.end());
  return list;
}

json LinkOf(Reader& reader, Id link_id) {
  const auto link = reader.FindLink(link_id);
  if (!link) return {};
  auto object = RecordOf(*link);
  object["categories"] = link->categories;
  object["feed_category"] = reader.FeedCategoryOfLink(link_id);
  return object;
}

json PoolOf(Reader& reader) {
  json list = json::array();
  const auto rows = reader.PoolRows({});
  std::vector<Id> link_ids;
  for (const auto& row : rows) {
    auto object = RecordOf(row);
    object["link"] = LinkOf(reader, row.link_id);
    object["names"] = reader.CategoryNames(row.categories);
    link_ids.push_back(row.link_id);
    list.push_back(object);
  }
  list.push_back(RecordsOf(reader.FindLinks(link_ids)));
  list.push_back(RecordsOf(reader.NewestLinks(1000)));
  list.push_back(reader.PoolFeedCategories({.after = 0, .last = INT64_MAX}));
  list.push_back(reader.FeedCategories());
  return list;
}

json SitesOf(Reader& reader) {
  json list = json::array();
  std::vector<Id> site_ids;
  for (const auto& listing : reader.Sites({})) {
    const auto site = reader.FindSite(listing.host);
    if (!site) return {};
    auto object = RecordOf(static_cast<const schemas::SiteListing&>(*site));
    object["id"] = *reader.FindSiteId(listing.host);
    object["look"] = site->look ? RecordOf(*site->look) : json();
    object["decisions"] = RecordsOf(site->decisions);
    object["feeds"] = RecordsOf(reader.FeedsOfSite(listing.site_id, 1000));
    site_ids.push_back(listing.site_id);
    list.push_back(object);
  }
  list.push_back(RecordsOf(reader.SitesUncounted(site_ids)));
  list.push_back(RecordsOf(reader.BlacklistedSites(1000)));
  return list;
}

json LeftOf(Reader& reader, schemas::UnixSeconds now) {
  json list = json::array();
  for (const auto& left : reader.LinksThatLeft(now - kYear)) {
    auto object = RecordOf(left.row);
    object["feed_category"] = left.feed_category;
    list.push_back(object);
  }
  return InOneOrder(std::move(list));
}

json WeightsOf(Reader& reader) {
  json list = json::array();
  for (const auto& week : reader.WeightWeeks()) {
    auto object = RecordOf(week);
    for (const auto& [source_id, weight] : reader.WeightsOf(week.week)) {
      object["weights"].push_back({source_id, static_cast<int>(weight)});
    }
    list.push_back(object);
  }
  return list;
}

json HistoryOf(Reader& reader, schemas::UnixSeconds now) {
  auto causes = json::array();
  const auto counts = reader.CountFeeds();
  for (const auto& cause : reader.FailingCauses(counts, 1000)) {
    causes.push_back(
        {static_cast<int>(cause.outcome), cause.feeds, InOneOrder(RecordsOf(cause.longest))});
  }
  return {{"hours", RecordsOf(reader.Activity(Span::kHour, now - kYear, now))},
          {"weeks", RecordsOf(reader.Activity(Span::kWeek, now - kYear, now))},
          {"begins_at", JsonOf(reader.ActivityBeginsAt())},
          {"outages", RecordsOf(reader.Outages(0))},
          {"feeds", InOneOrder(RecordsOf(counts))},
          {"causes", InOneOrder(causes)}};
}

json StatsOf(Reader& reader) {
  const auto stats = reader.ReadStats();
  auto object = RecordOf(stats);
  object.erase("schema_version");  // each engine has its own
  object["crawler"] = stats.crawler ? RecordOf(*stats.crawler) : json();
  return object;
}

}  // namespace

std::string WhatReadersSee(Reader& reader, schemas::UnixSeconds now) {
  const json all = {{"pool", PoolOf(reader)},
                    {"sites", SitesOf(reader)},
                    {"left", LeftOf(reader, now)},
                    {"newest_before", reader.NewestLinkBefore(now - 100000)},
                    {"weights", WeightsOf(reader)},
                    {"batches", RecordsOf(reader.Batches({}))},
                    {"feeds", RecordsOf(reader.FeedOutlines({}))},
                    {"history", HistoryOf(reader, now)},
                    {"stats", StatsOf(reader)}};
  return all.dump(1);
}

Copy::Copy(std::string path, std::int64_t batch_rows_max) {
  settings_.path = std::move(path);
  replica_settings_.batch_rows_max = batch_rows_max;
  Open();
}

void Copy::Open() {
  Close();
  auto opened = sql::OpenCopyFile(settings_, "test");
  ASSERT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
  file_ = std::move(opened.file);
  copier_.emplace(*file_, replica_settings_, settings_.pool_changes_kept);
}

void Copy::Close() {
  copier_.reset();
  file_.reset();
}

StepReport Copy::Step(sql::Database& source, schemas::UnixSeconds now) {
  return copier_->Step(source, now);
}

std::vector<StepKind> Copy::CatchUp(ReplicaSource& source, schemas::UnixSeconds now) {
  const auto database = source.Connect();
  std::vector<StepKind> kinds;
  while (kinds.empty() ||
         (kinds.back() != StepKind::kCurrent && kinds.back() != StepKind::kReplaced)) {
    kinds.push_back(Step(*database, now).kind);
  }
  return kinds;
}

std::unique_ptr<Reader> Copy::OpenReader() const {
  auto opened = OpenFileReader(settings_);
  EXPECT_EQ(opened.status, OpenStatus::kOk) << opened.detail;
  return std::move(opened.reader);
}

}  // namespace saunter::store::replica
