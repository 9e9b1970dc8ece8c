#include "store/sql/imports.h"

#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

const std::string kSelectImports =
    "SELECT " +
    Columns<schemas::ImportListing>(
        {{"undoable",
          "(SELECT count(*) FROM import_feed f WHERE f.import_id = import.import_id AND "
          "f.later_import_id IS NULL) + (SELECT count(*) FROM import_pattern p WHERE p.import_id = "
          "import.import_id AND p.later_import_id IS NULL)"}}) +
    " FROM import";
const std::string kAllImports = kSelectImports + " ORDER BY import_id DESC";
const std::string kOneImport = kSelectImports + " WHERE import_id = ?";
constexpr char kFeedsToUndo[] =
    "SELECT i.feed_id, f.url FROM import_feed i JOIN feed f USING (feed_id) WHERE i.import_id = ? "
    "AND i.later_import_id IS NULL AND i.feed_id > ? ORDER BY i.feed_id LIMIT ?";
constexpr char kPatternsToUndo[] =
    "SELECT pattern FROM import_pattern WHERE import_id = ? AND later_import_id IS NULL AND "
    "pattern > ? ORDER BY pattern LIMIT ?";

}  // namespace

std::vector<schemas::ImportListing> Imports::AllImports() {
  Use list(database_, kAllImports);
  return GetRecords<schemas::ImportListing>(list);
}

std::optional<schemas::ImportListing> Imports::FindImport(schemas::Id import_id) {
  Use find(database_, kOneImport);
  if (!find.Int(import_id).Step()) return std::nullopt;
  return GetRecord<schemas::ImportListing>(find);
}

std::vector<FeedUrl> Imports::FeedsToUndo(schemas::Id import_id, Page page) {
  std::vector<FeedUrl> feeds;
  Use list(database_, kFeedsToUndo);
  list.Int(import_id).Int(page.after).Int(page.count_max);
  while (list.Step()) feeds.push_back({list.GetInt(0), list.GetText(1)});
  return feeds;
}

std::vector<std::string> Imports::PatternsToUndo(schemas::Id import_id, const std::string& after,
                                                 std::int64_t count_max) {
  std::vector<std::string> patterns;
  Use list(database_, kPatternsToUndo);
  list.Int(import_id).Text(after).Int(count_max);
  while (list.Step()) patterns.push_back(list.GetText(0));
  return patterns;
}

}  // namespace saunter::store::sql
