#include <unordered_set>

#include "store/sqlite/batch_work.h"
#include "store/sqlite/fields.h"

namespace saunter::store::sqlite {
namespace {

using schemas::ChangeOutcome;
using schemas::FeedState;
using schemas::Id;

constexpr char kFindFeedRow[] =
    "SELECT url, state, fetch_count, checked_at, error_count FROM feed WHERE feed_id = ?";
constexpr char kFindFeedByUrl[] = "SELECT feed_id, state FROM feed WHERE url = ?";
// Its address is apart: what stands in SET costs its indexes a deletion and an insertion.
constexpr char kMoveFeed[] = "UPDATE feed SET url = ?, site_id = ? WHERE feed_id = ?";
// A feed that was paused stays so.
const std::string kUpdateFeed =
    "UPDATE feed SET " +
    Assignments<schemas::FeedProgress>({{"state", "CASE state WHEN 1 THEN 1 ELSE ? END"}}) +
    ", fetch_count = fetch_count + 1 WHERE feed_id = ?";
static_assert(static_cast<int>(FeedState::kPaused) == 1, "the state in the statement above");
const std::string kPutFetch = "INSERT OR REPLACE INTO fetch (feed_id, slot, " +
                              Columns<schemas::FetchLog>() + ") VALUES (?, ?, " +
                              Placeholders<schemas::FetchLog>() + ")";
constexpr char kInsertFeed[] =
    "INSERT INTO feed (url, site_id, title, site_url, category, added_at, next_check_at, "
    "next_check_reason) VALUES (?, ?, ?, ?, ?, ?, ?, 'new') ON CONFLICT (url) DO NOTHING";
constexpr char kFillCategory[] = "UPDATE feed SET category = ? WHERE url = ? AND category IS NULL";
constexpr char kMoveEntries[] = "UPDATE OR IGNORE entry SET feed_id = ? WHERE feed_id = ?";
constexpr char kHandOnCategory[] =
    "UPDATE feed SET category = (SELECT category FROM feed WHERE feed_id = ?2) WHERE feed_id = ?1 "
    "AND category IS NULL";
constexpr char kDomainOfFeed[] =
    "SELECT s.registrable_domain FROM feed f JOIN site s USING (site_id) WHERE f.feed_id = ?";
constexpr char kDeleteFeed[] = "DELETE FROM feed WHERE feed_id = ?";
constexpr char kLinksOfFeed[] = "SELECT DISTINCT link_id FROM entry WHERE feed_id = ?";
constexpr char kHasEntries[] = "SELECT 1 FROM entry WHERE feed_id = ? LIMIT 1";
constexpr char kSetFeedState[] = "UPDATE feed SET state = ? WHERE feed_id = ?";

bool IsFailing(std::int64_t error_count) { return error_count > 0; }

}  // namespace

std::string BatchWork::DomainOfFeed(Id feed_id) {
  Use find(database_, kDomainOfFeed);
  return find.Int(feed_id).Step() ? find.GetText(0) : std::string();
}

// Another row already has the address that this feed moved to, and takes over what the operator
// said of this one. Entries are evidence of who listed a link: they join that row within a
// registrable domain alone, and links that nobody lists any more go.
bool BatchWork::MergeInto(Id feed_id, const std::string& url, FeedState state) {
  Id other = 0;
  FeedState other_state = FeedState::kActive;
  {
    Use find(database_, kFindFeedByUrl);
    if (!find.Text(url).Step()) return false;
    other = find.GetInt(0);
    other_state = static_cast<FeedState>(find.GetInt(1));
  }
  if (other == feed_id) return false;
  if (DomainOfFeed(feed_id) == DomainOfFeed(other)) {
    Use(database_, kMoveEntries).Int(other).Int(feed_id).Run();
  }
  Use(database_, kHandOnCategory).Int(other).Int(feed_id).Run();
  if (state == FeedState::kPaused && other_state == FeedState::kActive) {
    CountState(FeedState::kPaused, 1);
    Use(database_, kSetFeedState).Int(static_cast<int>(FeedState::kPaused)).Int(other).Run();
  }
  DeleteFeed(feed_id);
  return true;
}

void BatchWork::DeleteFeed(Id feed_id) {
  std::vector<Id> links;
  {
    Use list(database_, kLinksOfFeed);
    list.Int(feed_id);
    while (list.Step()) links.push_back(list.GetInt(0));
  }
  Use(database_, kDeleteFeed).Int(feed_id).Run();
  totals_.Add("feeds", -1);
  for (const Id link_id : links) RemoveLinkIfUnlisted(link_id);
}

std::optional<FeedBefore> BatchWork::FindFeedBefore(Id feed_id) {
  Use find(database_, kFindFeedRow);
  if (!find.Int(feed_id).Step()) return std::nullopt;
  return FeedBefore{.url = find.GetText(0),
                    .state = static_cast<FeedState>(find.GetInt(1)),
                    .fetch_count = find.GetInt(2),
                    .was_fetched = find.GetOptionalInt(3).has_value(),
                    .was_failing = IsFailing(find.GetInt(4))};
}

void BatchWork::CountState(FeedState state, std::int64_t delta) {
  switch (state) {
    case FeedState::kActive:
      break;
    case FeedState::kPaused:
      totals_.Add("feeds_paused", delta);
      break;
    case FeedState::kGone:
      totals_.Add("feeds_gone", delta);
      break;
  }
}

void BatchWork::WriteFeedRow(const schemas::CrawlResult& crawl, const FeedBefore& before,
                             int entries_new) {
  const auto& feed = crawl.feed;
  FeedState state = feed.state;
  if (before.was_failing) totals_.Add("feeds_failing", -1);
  if (before.state == FeedState::kPaused) state = FeedState::kPaused;
  CountState(before.state, -1);
  const bool moves = feed.url != before.url;
  const bool merged = moves && MergeInto(feed.feed_id, feed.url, before.state);
  // A feed that was held back or skipped is still to be fetched for the first time.
  const bool stays_new = !merged && !feed.checked_at;
  if (!before.was_fetched && !stays_new) totals_.Add("feeds_never_fetched", -1);
  if (merged) return;
  if (moves) {
    const auto site = SiteOf(feed.host, feed.registrable_domain);
    Use(database_, kMoveFeed).Text(feed.url).Int(site.site_id).Int(feed.feed_id).Run();
  }
  CountState(state, 1);
  if (IsFailing(feed.error_count)) totals_.Add("feeds_failing", 1);
  Use update(database_, kUpdateFeed);
  BindRecord<schemas::FeedProgress>(update, feed).Int(feed.feed_id).Run();
  auto fetch = crawl.fetch;
  fetch.entries_new = entries_new;
  Use put(database_, kPutFetch);
  put.Int(feed.feed_id).Int(before.fetch_count % connection_.settings().fetches_kept);
  BindRecord(put, fetch).Run();
}

void BatchWork::WriteCrawl(const schemas::CrawlResult& crawl) {
  const auto feed_id = crawl.feed.feed_id;
  const auto feed_before = FindFeedBefore(feed_id);
  // A feed that was removed while it was asked takes no entries: they would have no owner.
  if (!feed_before) return;
  // The first crawl of a feed need not look for what it listed before, but for repeats within it.
  const bool first = !crawl.entries.empty() && !Use(database_, kHasEntries).Int(feed_id).Step();
  int entries_new = 0;
  std::unordered_set<schemas::Key> written;
  for (const auto& entry : crawl.entries) {
    const bool look = !first || !written.insert(entry.guid_key).second;
    const auto before = look ? FindEntry(feed_id, entry.guid_key) : std::nullopt;
    if (WriteEntry(feed_id, entry, before)) ++entries_new;
  }
  WriteFeedRow(crawl, *feed_before, entries_new);
}

ChangeOutcome BatchWork::Change(const schemas::AddFeed& change) {
  const auto site = SiteOf(change.host, change.registrable_domain);
  Use(database_, kInsertFeed)
      .Text(change.url)
      .Int(site.site_id)
      .TextOrNull(change.title)
      .TextOrNull(change.site_url)
      .TextOrNull(change.category)
      .Int(change.added_at)
      .Int(change.next_check_at)
      .Run();
  if (database_.Changes() == 1) {
    totals_.Add("feeds", 1);
    totals_.Add("feeds_never_fetched", 1);
    return ChangeOutcome::kDone;
  }
  if (!change.category.empty()) {
    Use(database_, kFillCategory).Text(change.category).Text(change.url).Run();
  }
  return ChangeOutcome::kAlreadyKnown;
}

ChangeOutcome BatchWork::Change(const schemas::RemoveFeed& change) {
  Id feed_id = 0;
  {
    Use find(database_, kFindFeedByUrl);
    if (!find.Text(change.url).Step()) return ChangeOutcome::kNotFound;
    feed_id = find.GetInt(0);
    CountState(static_cast<FeedState>(find.GetInt(1)), -1);
  }
  if (Use find(database_, kFindFeedRow); find.Int(feed_id).Step()) {
    if (!find.GetOptionalInt(3)) totals_.Add("feeds_never_fetched", -1);
    if (IsFailing(find.GetInt(4))) totals_.Add("feeds_failing", -1);
  }
  DeleteFeed(feed_id);
  return ChangeOutcome::kDone;
}

ChangeOutcome BatchWork::Change(const schemas::SetFeedState& change) {
  Id feed_id = 0;
  FeedState before = FeedState::kActive;
  {
    Use find(database_, kFindFeedByUrl);
    if (!find.Text(change.url).Step()) return ChangeOutcome::kNotFound;
    feed_id = find.GetInt(0);
    before = static_cast<FeedState>(find.GetInt(1));
  }
  if (before == change.state) return ChangeOutcome::kAlreadyKnown;
  CountState(before, -1);
  CountState(change.state, 1);
  Use(database_, kSetFeedState).Int(static_cast<int>(change.state)).Int(feed_id).Run();
  return ChangeOutcome::kDone;
}

}  // namespace saunter::store::sqlite
