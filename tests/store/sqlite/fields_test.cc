#include "store/sql/fields.h"

#include <gtest/gtest.h>

#include "schemas/blacklist.h"
#include "schemas/feed.h"
#include "schemas/site.h"

namespace saunter::store::sql {
namespace {

using schemas::BlacklistEntry;

TEST(Fields, NamesTheColumnsInTheOrderOfTheList) {
  EXPECT_EQ(Columns<BlacklistEntry>(), "pattern, source, reason, added_at, until_at");
  EXPECT_EQ(Placeholders<BlacklistEntry>(), "?, ?, ?, ?, ?");
  EXPECT_EQ(FieldCount<BlacklistEntry>(), 5);
}

TEST(Fields, PutsAnExpressionInAColumnsPlace) {
  EXPECT_EQ(Columns<BlacklistEntry>({{"source", "0"}, {"until_at", "max(until_at, 1)"}}),
            "pattern, 0, reason, added_at, max(until_at, 1)");
}

TEST(Fields, AssignsEachField) {
  EXPECT_EQ(Assignments<BlacklistEntry>({{"added_at", "coalesce(added_at, ?)"}}),
            "pattern = ?, source = ?, reason = ?, added_at = coalesce(added_at, ?), until_at = ?");
  EXPECT_EQ(ExcludedAssignments<BlacklistEntry>({{"reason", "reason"}}),
            "pattern = excluded.pattern, source = excluded.source, reason = reason, added_at = "
            "excluded.added_at, until_at = excluded.until_at");
}

TEST(Fields, GivesBackWhatWasBound) {
  sqlite::Database database(":memory:", sqlite::Access::kReadWrite, 0, 0);
  database.Execute(
      "CREATE TABLE decision (decided_at INTEGER, kind INTEGER, reason TEXT NOT NULL, "
      "links_checked INTEGER, links_dead INTEGER, links_discarded INTEGER, first_dead_at INTEGER, "
      "last_dead_at INTEGER, sample_urls TEXT) STRICT");
  static const std::string kInsert =
      "INSERT INTO decision VALUES (" + Placeholders<schemas::SiteDecision>() + ")";
  static const std::string kSelect =
      "SELECT " + Columns<schemas::SiteDecision>() + " FROM decision";
  schemas::SiteDecision decision;
  decision.decided_at = 1;
  decision.kind = schemas::DecisionKind::kKept;
  decision.links_checked = -2;
  decision.first_dead_at = 3;
  decision.sample_urls = {"https://a.example/1", "https://a.example/2"};
  {
    Use insert(database, kInsert);
    BindRecord(insert, decision).Run();
  }
  Use select(database, kSelect);
  const auto found = GetRecords<schemas::SiteDecision>(select);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].decided_at, 1);
  EXPECT_EQ(found[0].kind, schemas::DecisionKind::kKept);
  EXPECT_EQ(found[0].reason, "") << "a text that is never absent is never NULL";
  EXPECT_EQ(found[0].links_checked, -2);
  EXPECT_EQ(found[0].first_dead_at, 3);
  EXPECT_EQ(found[0].last_dead_at, std::nullopt);
  EXPECT_EQ(found[0].sample_urls, decision.sample_urls);
}

TEST(Fields, FindNoRecordWhereAnOuterJoinFoundNone) {
  sqlite::Database database(":memory:", sqlite::Access::kReadWrite, 0, 0);
  static const std::string kSelect = "SELECT NULL, 1, 2, NULL, NULL";
  Use select(database, kSelect);
  ASSERT_TRUE(select.Step());
  EXPECT_FALSE(GetOptionalRecord<BlacklistEntry>(select));
}

}  // namespace
}  // namespace saunter::store::sql
