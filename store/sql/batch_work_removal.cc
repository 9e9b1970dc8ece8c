#include "store/sql/batch_work.h"
#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

using schemas::FeedState;
using schemas::Id;
using schemas::LinkState;

// Its address is free at once, for a feed that is added anew or moves there.
constexpr char kLeave[] =
    "UPDATE feed SET state = 1, url = 'removed:' || feed_id WHERE feed_id = ?";
static_assert(static_cast<int>(FeedState::kPaused) == 1, "the state in the statement above");
constexpr char kInsertRemoval[] = "INSERT INTO removal (feed_id) VALUES (?)";
constexpr char kNextRemoval[] = "SELECT feed_id FROM removal ORDER BY feed_id LIMIT 1";
constexpr char kUnlistSomeLinks[] =
    "UPDATE link SET is_listed = 0 WHERE link_id IN (SELECT link_id FROM (SELECT link_id, "
    "is_further FROM entry WHERE feed_id = ? ORDER BY guid_key LIMIT ?) piece WHERE is_further = "
    "0)";
constexpr char kForgetSomeEntries[] =
    "DELETE FROM entry WHERE feed_id = ?1 AND guid_key IN (SELECT guid_key FROM entry WHERE "
    "feed_id = ?1 ORDER BY guid_key LIMIT ?2)";
constexpr char kLinksOfPiece[] =
    "SELECT count(*), coalesce(max(link_id), 0) FROM (SELECT link_id FROM link WHERE feed_id = ? "
    "AND is_listed = 0 ORDER BY link_id LIMIT ?) piece";
// The first of those that list a link once the feed that brought it no longer does.
const std::string kNextLister =
    "(SELECT min(e.feed_id) FROM entry e WHERE e.link_id = link.link_id AND e.is_further = 1)";
const std::string kSourceOfNextLister =
    "CASE WHEN EXISTS (SELECT 1 FROM feed f WHERE f.site_id = link.site_id) THEN link.site_id ELSE "
    "(SELECT f.site_id FROM feed f WHERE f.feed_id = " +
    kNextLister + ") END";
// Links of the feed that are left, up to one.
constexpr char kLeftOfFeed[] = "link.feed_id = ? AND link.is_listed = 0 AND link.link_id <= ?";
const std::string kNoteNextSources =
    std::string(
        "INSERT INTO pool_change (link_id) SELECT link.link_id FROM link JOIN pool ON "
        "pool.link_id = link.link_id WHERE ") +
    kLeftOfFeed + " AND pool.source_id <> " + kSourceOfNextLister + " ORDER BY link.link_id";
const std::string kGivePoolToNextLister = "UPDATE pool SET (source_id, feed_id) = (SELECT " +
                                          kSourceOfNextLister + ", " + kNextLister +
                                          " FROM link WHERE link.link_id = pool.link_id) WHERE "
                                          "link_id IN (SELECT link_id FROM link WHERE " +
                                          kLeftOfFeed + ")";
const std::string kGiveToNextLister = "UPDATE link SET source_id = " + kSourceOfNextLister +
                                      ", feed_id = " + kNextLister +
                                      ", feed_site_id = NULL WHERE " + kLeftOfFeed;
constexpr char kDeleteFeed[] = "DELETE FROM feed WHERE feed_id = ?";
constexpr char kForgetWords[] = "UPDATE category SET feed_id = NULL WHERE feed_id = ?";
// They may be named anew by those that use them.
constexpr char kForgetLanguages[] = "DELETE FROM language WHERE feed_id = ?";

// Those of them that nobody lists.
const std::string kUnlisted =
    std::string("FROM link WHERE ") + kLeftOfFeed +
    " AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.link_id = link.link_id AND e.is_further = 1)";
const std::string kCountUnlisted =
    "SELECT site_id, state, count(*) " + kUnlisted + " GROUP BY site_id, state";
const std::string kNoteUnlisted =
    "INSERT INTO pool_change (link_id) SELECT link_id FROM pool WHERE link_id IN (SELECT link_id " +
    kUnlisted + ") ORDER BY link_id";
const WordedParts kEmptyPoolOfUnlisted = {
    .sqlite = "DELETE FROM pool WHERE link_id IN (SELECT link_id " + kUnlisted + ")",
    .postgres = "UPDATE link SET in_pool = 0 WHERE in_pool = 1 AND link_id IN (SELECT link_id " +
                kUnlisted + ")"};
const std::string kDeleteUnlisted = "DELETE " + kUnlisted + " RETURNING categories";

}  // namespace

// Nobody asks it or is shown it from now on. Its row stays until nothing names it, so that the
// database is whole after each piece.
void BatchWork::RemoveInPieces(Id feed_id, const FeedBefore& before) {
  CountState(before.state, -1);
  CountState(FeedState::kPaused, 1);
  Use(database_, kLeave).Int(feed_id).Run();
  Use(database_, kInsertRemoval).Int(feed_id).Run();
  ForgetWantsOfFeed(feed_id);
  is_removing_ = true;
  ContinueRemovals();
}

bool IsRemovalLeft(Database& database) { return Use(database, kNextRemoval).Step(); }

bool BatchWork::IsRemoving() {
  is_removing_ = is_removing_ && IsRemovalLeft(database_);
  return is_removing_;
}

void BatchWork::ContinueRemovals() {
  while (is_removing_ && removal_rows_left_ > 0) {
    Id feed_id = 0;
    if (Use next(database_, kNextRemoval); next.Step()) feed_id = next.GetInt(0);
    is_removing_ = feed_id != 0;
    if (is_removing_) RemovePiece(feed_id);
  }
}

// First what it lists, which its links then no longer owe it; then its links, which go to others
// that list them or go with it; and its row last.
void BatchWork::RemovePiece(Id feed_id) {
  Use(database_, kUnlistSomeLinks).Int(feed_id).Int(removal_rows_left_).Run();
  Use(database_, kForgetSomeEntries).Int(feed_id).Int(removal_rows_left_).Run();
  removal_rows_left_ -= database_.Changes();
  if (removal_rows_left_ == 0) return;
  std::int64_t links = 0;
  Id link_id_last = 0;
  {
    Use find(database_, kLinksOfPiece);
    find.Int(feed_id).Int(removal_rows_left_);
    if (find.Step()) {
      links = find.GetInt(0);
      link_id_last = find.GetInt(1);
    }
  }
  if (links > 0) {
    RemoveUnlistedLinks(feed_id, link_id_last);
    GiveLinksToTheNextLister(feed_id, link_id_last);
    removal_rows_left_ -= links;
  }
  if (removal_rows_left_ == 0) return;
  const auto before = FindFeedBefore(feed_id);
  if (!before) return;
  UncountFeed(*before);
  Use(database_, kDeleteFeed).Int(feed_id).Run();
  Use(database_, kForgetWords).Int(feed_id).Run();
  Use(database_, kForgetLanguages).Int(feed_id).Run();
  if (database_.Changes() > 0) connection_.caches().names.languages.clear();
  totals_.Add("feeds", -1);
  SettleSiteThatLostAFeed(before->site_id);
  --removal_rows_left_;
}

void BatchWork::RemoveUnlistedLinks(Id feed_id, Id link_id_last) {
  {
    Use count(database_, kCountUnlisted);
    count.Int(feed_id).Int(link_id_last);
    while (count.Step()) {
      const auto state = static_cast<LinkState>(count.GetInt(1));
      site_deltas_[count.GetInt(0)][IndexOf(state)] -= count.GetInt(2);
    }
  }
  Use(database_, kNoteUnlisted).Int(feed_id).Int(link_id_last).Run();
  Use(database_, kEmptyPoolOfUnlisted).Int(feed_id).Int(link_id_last).Run();
  totals_.Add("links_in_pool", -database_.Changes());
  Use remove(database_, kDeleteUnlisted);
  remove.Int(feed_id).Int(link_id_last);
  while (remove.Step()) {
    for (const Id category_id : SplitIds(remove.GetText(0))) --category_deltas_[category_id];
    totals_.Add("links", -1);
  }
}

// The rows of the pool first, while it is known which links they are of.
void BatchWork::GiveLinksToTheNextLister(Id feed_id, Id link_id_last) {
  Use(database_, kNoteNextSources).Int(feed_id).Int(link_id_last).Run();
  if (KeepsPoolApart()) Use(database_, kGivePoolToNextLister).Int(feed_id).Int(link_id_last).Run();
  Use(database_, kGiveToNextLister).Int(feed_id).Int(link_id_last).Run();
}

}  // namespace saunter::store::sql
