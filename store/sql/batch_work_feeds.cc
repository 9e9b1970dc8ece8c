#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "store/intake.h"
#include "store/sql/batch_work.h"
#include "store/sql/fields.h"
#include "store/sql/put_rows.h"

namespace saunter::store::sql {
namespace {

using schemas::ChangeOutcome;
using schemas::FeedState;
using schemas::Id;

const std::string kFindFeedRow =
    "SELECT f.url, f.state, f.fetch_count, f.checked_at, f.error_count, f.site_id, s.host, CASE "
    "WHEN EXISTS (SELECT 1 FROM removal r WHERE r.feed_id = f.feed_id) THEN 1 ELSE 0 END, " +
    Columns<schemas::FeedIntake>() + " FROM feed f JOIN site s USING (site_id) WHERE f.feed_id = ?";
constexpr int kIntakeColumn = 8;
constexpr char kFindFeedByUrl[] = "SELECT feed_id, state FROM feed WHERE url = ?";
// Its address is apart: what stands in SET costs its indexes a deletion and an insertion.
constexpr char kMoveFeed[] = "UPDATE feed SET url = ?, site_id = ? WHERE feed_id = ?";
// A feed that was paused stays so.
const RowStatements kUpdateFeeds = UpdateEach(
    "feed",
    Assignments<schemas::FeedProgress>({{"state", "CASE state WHEN 1 THEN 1 ELSE ? END"}}) + ", " +
        Assignments<schemas::FeedIntake>() + ", fetch_count = fetch_count + 1",
    "feed_id",
    ListPlaceholders<schemas::FeedProgress>() + ", " + ListPlaceholders<schemas::FeedIntake>() +
        ", ?::bigint[]");
static_assert(static_cast<int>(FeedState::kPaused) == 1, "the state in the statement above");
std::string PutFetch(const std::string& rows) {
  return "INSERT INTO \"fetch\" (feed_id, slot, " + Columns<schemas::FetchLog>() + ") " + rows +
         " ON CONFLICT (feed_id, slot) DO UPDATE SET " + ExcludedAssignments<schemas::FetchLog>();
}
const RowStatements kPutFetches = {
    .one = PutFetch("VALUES (?, ?, " + Placeholders<schemas::FetchLog>() + ")"),
    .lists = PutFetch("SELECT * FROM unnest(?::bigint[], ?::bigint[], " +
                      ListPlaceholders<schemas::FetchLog>() + ")")};
constexpr char kInsertFeed[] =
    "INSERT INTO feed (url, site_id, title, site_url, category, added_at, next_check_at, "
    "next_check_reason) VALUES (?, ?, ?, ?, ?, ?, ?, 'new') ON CONFLICT (url) DO NOTHING RETURNING "
    "feed_id";
// Links that the feed brought go with the entry by which it lists them. An entry stays behind where
// the other feed has its identity for another link, and so does that link.
constexpr char kHandedOn[] =
    "link_id IN (SELECT e.link_id FROM entry e WHERE e.feed_id = ?2 AND e.is_further = 0 AND NOT "
    "EXISTS (SELECT 1 FROM entry o WHERE o.feed_id = ?1 AND o.guid_key = e.guid_key) UNION ALL "
    "SELECT link_id FROM link WHERE feed_id = ?2 AND is_listed = 0)";
const std::string kHandOnPool = std::string("UPDATE pool SET feed_id = ?1 WHERE ") + kHandedOn;
const std::string kHandOnLinks = std::string("UPDATE link SET feed_id = ?1 WHERE ") + kHandedOn;
constexpr char kMoveEntries[] =
    "UPDATE entry SET feed_id = ?1 WHERE feed_id = ?2 AND NOT EXISTS (SELECT 1 FROM entry o WHERE "
    "o.feed_id = ?1 AND o.guid_key = entry.guid_key)";
constexpr char kHandOnTitle[] =
    "UPDATE feed SET given_title = (SELECT given_title FROM feed WHERE feed_id = ?2) WHERE feed_id "
    "= ?1 AND given_title IS NULL";
constexpr char kDomainOfSite[] = "SELECT registrable_domain FROM site WHERE site_id = ?";
const std::string kPutIntake =
    "UPDATE feed SET " + Assignments<schemas::FeedIntake>() + " WHERE feed_id = ?";
constexpr char kReadAnew[] =
    "UPDATE feed SET body_key = NULL, etag = NULL, last_modified = NULL WHERE feed_id = ?";
constexpr char kSetFeedState[] = "UPDATE feed SET state = ? WHERE feed_id = ?";

// That are read before any is decided, at most, but for those of one answer.
constexpr std::size_t kEntriesOfPartMax = 50000;

// Feeds of answers that are asked for before their rows have come, of an engine that is far away.
constexpr std::size_t kFeedsAskedAhead = 64;

bool IsFailing(std::int64_t error_count) { return error_count > 0; }

// The current row of kFindFeedRow.
FeedBefore GetFeedBefore(Use& row) {
  return {.url = row.GetText(0),
          .site_id = row.GetInt(5),
          .host = row.GetText(6),
          .state = static_cast<FeedState>(row.GetInt(1)),
          .fetch_count = row.GetInt(2),
          .was_fetched = row.GetOptionalInt(3).has_value(),
          .was_failing = IsFailing(row.GetInt(4)),
          .is_leaving = row.GetInt(7) != 0,
          .intake = GetRecord<schemas::FeedIntake>(row, kIntakeColumn)};
}

}  // namespace

Id BatchWork::FeedAt(const std::string& url) {
  Use find(database_, kFindFeedByUrl);
  return find.Text(url).Step() ? find.GetInt(0) : 0;
}

std::string BatchWork::DomainOfSite(Id site_id) {
  Use find(database_, kDomainOfSite);
  return find.Int(site_id).Step() ? find.GetText(0) : std::string();
}

// Entries are evidence of who listed a link: they move with a feed from one address of an owner to
// another, and never to another registrable domain.
bool BatchWork::TakesEntriesAlong(schemas::FeedOwner owner, Id site_id, Id new_site_id) {
  return owner == schemas::FeedOwner::kSame && DomainOfSite(site_id) == DomainOfSite(new_site_id);
}

std::optional<Lister> BatchWork::MoveFeed(const schemas::CrawlResult& crawl,
                                          const FeedBefore& before) {
  const auto& feed = crawl.feed;
  if (const Id other = FeedAt(feed.url); other != 0) return MergeFeed(crawl, before, other);
  const auto site = SiteOf(feed.host, feed.registrable_domain);
  Use(database_, kMoveFeed).Text(feed.url).Int(site.site_id).Int(feed.feed_id).Run();
  Lister lister{.feed_id = feed.feed_id, .site_id = site.site_id, .host = feed.host};
  if (site.site_id == before.site_id) return lister;
  const bool along = TakesEntriesAlong(crawl.owner, before.site_id, site.site_id);
  if (!along) lister.starts_anew = LeaveLinks(feed.feed_id, before.site_id);
  GiveSiteAFeed(feed.host, site);
  SettleSiteThatLostAFeed(before.site_id);
  if (along) SettleSourcesOfFeed(feed.feed_id);
  return lister;
}

// Another row already has the address that this feed moved to, and takes over what the operator
// said of this one.
std::optional<Lister> BatchWork::MergeFeed(const schemas::CrawlResult& crawl,
                                           const FeedBefore& before, Id other) {
  const Id feed_id = crawl.feed.feed_id;
  const auto kept = FindFeedBefore(other);
  if (!kept) return std::nullopt;  // it was found by its address
  const bool joins = TakesEntriesAlong(crawl.owner, before.site_id, kept->site_id);
  if (joins) {
    if (KeepsPoolApart()) Use(database_, kHandOnPool).Int(other).Int(feed_id).Run();
    Use(database_, kHandOnLinks).Int(other).Int(feed_id).Run();
    Use(database_, kMoveEntries).Int(other).Int(feed_id).Run();
  }
  Use(database_, kHandOnTitle).Int(other).Int(feed_id).Run();
  HandOnCategory(feed_id, other);
  HandOnWants(feed_id, other);
  if (before.state == FeedState::kPaused && kept->state == FeedState::kActive) {
    CountState(FeedState::kPaused, 1);
    Use(database_, kSetFeedState).Int(static_cast<int>(FeedState::kPaused)).Int(other).Run();
  }
  RemoveInPieces(feed_id, before);
  if (!joins) return std::nullopt;
  SettleSourcesOfFeed(other);
  return Lister{.feed_id = other, .site_id = kept->site_id, .host = kept->host};
}

std::optional<FeedBefore> BatchWork::FindFeedBefore(Id feed_id) {
  Use find(database_, kFindFeedRow);
  if (!find.Int(feed_id).Step()) return std::nullopt;
  return GetFeedBefore(find);
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

void BatchWork::UncountFeed(const FeedBefore& before) {
  CountState(before.state, -1);
  if (before.was_failing) totals_.Add("feeds_failing", -1);
  if (!before.was_fetched) totals_.Add("feeds_never_fetched", -1);
}

void BatchWork::CountAnswer(const FeedAnswer& answer) {
  const auto& feed = answer.crawl->feed;
  const auto& before = answer.before;
  UncountFeed(before);
  CountState(before.state == FeedState::kPaused ? FeedState::kPaused : feed.state, 1);
  if (IsFailing(feed.error_count)) totals_.Add("feeds_failing", 1);
  // A feed that was held back or skipped is still to be fetched for the first time.
  if (!feed.checked_at) totals_.Add("feeds_never_fetched", 1);
}

void BatchWork::WriteFeedRows(const std::vector<const FeedAnswer*>& answers) {
  for (const auto* answer : answers) CountAnswer(*answer);
  PutRows(database_, answers, kUpdateFeeds, [](Use& update, const FeedAnswer* answer) {
    BindRecord<schemas::FeedProgress>(update, answer->crawl->feed);
    BindRecord(update, answer->intake).Int(answer->crawl->feed.feed_id);
  });
  const auto fetches_kept = connection_.settings().fetches_kept;
  schemas::FetchLog fetch;
  PutRows(database_, answers, kPutFetches, [&](Use& put, const FeedAnswer* answer) {
    fetch = answer->crawl->fetch;
    fetch.entries_new = answer->entries_new;
    put.Int(answer->crawl->feed.feed_id).Int(answer->before.fetch_count % fetches_kept);
    BindRecord(put, fetch);
  });
}

std::vector<BatchWork::AskedFeed> BatchWork::NextFeeds(const Crawls& crawls, std::size_t next) {
  const std::size_t count = database_.is_asked_ahead() ? kFeedsAskedAhead : 1;
  std::vector<AskedFeed> feeds;
  const auto end = std::min(crawls.size(), next + count);
  feeds.reserve(end - next);
  for (; next < end; ++next) feeds.push_back({.crawl = &crawls[next], .before = {}});
  FindEach(
      database_, kFindFeedRow, feeds,
      [](Use& find, const AskedFeed& asked) { find.Int(asked.crawl->feed.feed_id); },
      [](Use& row, AskedFeed& asked) { asked.before = GetFeedBefore(row); });
  return feeds;
}

BatchWork::Taking BatchWork::TakeAnswer(AskedFeed& asked, Rows& rows,
                                        std::vector<FeedAnswer>& answers) {
  const auto& crawl = *asked.crawl;
  auto& before = asked.before;
  const auto feed_id = crawl.feed.feed_id;
  // An answer counts on what the one before left.
  if (rows.entries.contains(feed_id)) return Taking::kNot;
  // A feed that was removed while it was asked takes no entries: they would have no owner.
  if (!before || before->is_leaving) return Taking::kAndOn;
  const bool has_moved = crawl.feed.url != before->url;
  // An answer that moves its feed is a part by itself: it changes what stands of others.
  if (has_moved && !answers.empty()) return Taking::kNot;
  const auto taking = has_moved ? Taking::kLast : Taking::kAndOn;
  auto lister = has_moved
                    ? MoveFeed(crawl, *before)
                    : Lister{.feed_id = feed_id, .site_id = before->site_id, .host = before->host};
  if (!lister) return taking;
  lister->speaks_for = crawl.speaks_for;
  const auto other = lister->feed_id == feed_id ? std::nullopt : FindFeedBefore(lister->feed_id);
  const auto intake = other ? other->intake : before->intake;
  rows.entries.try_emplace(lister->feed_id);
  answers.push_back({.crawl = &crawl,
                     .before = std::move(*before),
                     .lister = std::move(*lister),
                     .intake = intake,
                     .to_read = {}});
  return taking;
}

std::size_t BatchWork::ReadEntriesOf(std::vector<FeedAnswer>& answers, std::size_t first,
                                     Rows& rows) {
  const auto added = std::span(answers).subspan(first);
  std::vector<Id> feed_ids;
  for (const auto& answer : added) {
    if (!answer.crawl->entries.empty()) feed_ids.push_back(answer.lister.feed_id);
  }
  ReadEntries(feed_ids, rows);
  std::size_t count = 0;
  for (auto& answer : added) {
    const auto& listed = rows.entries.at(answer.lister.feed_id);
    answer.to_read = EntriesToRead(listed, answer.crawl->entries);
    count += listed.size() + answer.crawl->entries.size();
  }
  return count;
}

std::vector<FeedAnswer> BatchWork::NextPart(const Crawls& crawls, std::size_t& next, Rows& rows) {
  std::vector<FeedAnswer> answers;
  std::size_t entries = 0;
  auto taking = Taking::kAndOn;
  while (taking == Taking::kAndOn && next < crawls.size() && entries < kEntriesOfPartMax) {
    const auto first = answers.size();
    for (auto& asked : NextFeeds(crawls, next)) {
      taking = TakeAnswer(asked, rows, answers);
      if (taking != Taking::kNot) ++next;
      if (taking != Taking::kAndOn) break;
    }
    entries += ReadEntriesOf(answers, first, rows);
  }
  return answers;
}

std::vector<Wanted> BatchWork::WantedOf(const std::vector<FeedAnswer>& answers, const Rows& rows) {
  std::vector<Wanted> wanted;
  for (const auto& answer : answers) {
    const auto& listed = rows.entries.at(answer.lister.feed_id);
    for (const auto* entry : answer.to_read) {
      const auto before = listed.find(entry->guid_key);
      wanted.push_back({.site = entry->host,
                        .url_key = entry->url_key,
                        .link_id = before == listed.end() ? 0 : before->second.link_id,
                        .namer_id = answer.lister.site_id});
    }
  }
  return wanted;
}

void BatchWork::FinishAnswers(const std::vector<FeedAnswer>& answers) {
  std::vector<const FeedAnswer*> written;
  written.reserve(answers.size());
  for (const auto& answer : answers) {
    if (answer.lister.feed_id == answer.crawl->feed.feed_id) {
      written.push_back(&answer);
    } else {
      Use put(database_, kPutIntake);
      BindRecord(put, answer.intake).Int(answer.lister.feed_id).Run();
    }
  }
  WriteFeedRows(written);
  for (const auto* answer : written) {
    // Its answer was that of the old address and not read again: the next one comes whole.
    if (!answer->lister.starts_anew || !answer->crawl->entries.empty()) continue;
    Use(database_, kReadAnew).Int(answer->crawl->feed.feed_id).Run();
  }
}

// Part by part: read, decided and written.
void BatchWork::WriteCrawls(const Crawls& crawls) {
  std::size_t next = 0;
  while (next < crawls.size()) {
    auto rows = NewRows();
    auto answers = NextPart(crawls, next, rows);
    auto wanted = WantedOf(answers, rows);
    ReadFor(wanted, rows);
    ReadNames(answers, rows);
    for (auto& answer : answers) {
      Intake intake(rows, answer.lister, answer.intake);
      answer.entries_new = intake.Take(answer.crawl->entries);
      answer.intake = intake.intake();
    }
    WriteRows(rows);
    FinishAnswers(answers);
  }
}

ChangeOutcome BatchWork::Change(const schemas::AddFeed& change) {
  const auto site = SiteOf(change.host, change.registrable_domain);
  const auto added_id = Use(database_, kInsertFeed)
                            .Text(change.url)
                            .Int(site.site_id)
                            .TextOrNull(change.title)
                            .TextOrNull(change.site_url)
                            .TextOrNull(change.category)
                            .Int(change.added_at)
                            .Int(change.next_check_at)
                            .RunReturning();
  if (added_id) {
    NoteAddedFeed(*added_id, change.import_key);
    totals_.Add("feeds", 1);
    totals_.Add("feeds_never_fetched", 1);
    GiveSiteAFeed(change.host, site);
    return ChangeOutcome::kDone;
  }
  const Id feed_id = FeedAt(change.url);
  WantFeed(feed_id, change.import_key);
  FillCategory(feed_id, change.category);
  return ChangeOutcome::kAlreadyKnown;
}

ChangeOutcome BatchWork::Change(const schemas::RemoveFeed& change) {
  const Id feed_id = FeedAt(change.url);
  const auto before = FindFeedBefore(feed_id);
  if (!before || before->is_leaving) return ChangeOutcome::kNotFound;
  if (change.import_id != 0 && !IsForImportAlone(feed_id, change.import_id)) {
    return ChangeOutcome::kWanted;
  }
  RemoveInPieces(feed_id, *before);
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

}  // namespace saunter::store::sql
