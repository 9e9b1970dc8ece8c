#include "store/sqlite/batch_work.h"

namespace saunter::store::sqlite {
namespace {

using schemas::Id;

constexpr char kFindEntries[] =
    "SELECT guid_key, link_id, content_key, is_further FROM entry WHERE feed_id = ?";
constexpr char kKeepEntry[] = "UPDATE entry SET content_key = ? WHERE feed_id = ? AND guid_key = ?";
constexpr char kDeleteEntry[] =
    "DELETE FROM entry WHERE feed_id = ? AND guid_key = ? RETURNING link_id, is_further";
constexpr char kSetListed[] = "UPDATE link SET is_listed = ? WHERE link_id = ?";

constexpr char kFindListed[] =
    "SELECT 1 FROM link WHERE link_id = ?1 AND is_listed = 1 UNION ALL SELECT 1 FROM entry WHERE "
    "link_id = ?1 AND is_further = 1 LIMIT 1";
constexpr char kFindFurther[] =
    "SELECT 1 FROM entry WHERE link_id = ? AND is_further = 1 AND NOT (feed_id = ? AND guid_key = "
    "?) LIMIT 1";

// The entry by which the feed that brought the link lists it is found among that feed's.
constexpr char kGiveFirstEntry[] =
    "UPDATE entry SET link_id = ?1, is_further = 1 WHERE feed_id = (SELECT feed_id FROM link WHERE "
    "link_id = ?2 AND is_listed = 1) AND link_id = ?2 AND is_further = 0";
constexpr char kGiveFurtherEntries[] =
    "UPDATE entry SET link_id = ? WHERE link_id = ? AND is_further = 1";
constexpr char kForgetFirstEntry[] =
    "DELETE FROM entry WHERE feed_id = (SELECT feed_id FROM link WHERE link_id = ?1 AND is_listed "
    "= 1) AND link_id = ?1 AND is_further = 0";
constexpr char kForgetFurtherEntries[] = "DELETE FROM entry WHERE link_id = ? AND is_further = 1";

}  // namespace

ListedEntries BatchWork::FindEntries(Id feed_id) {
  if (gathered_.feeds.contains(feed_id)) WriteGathered();
  ListedEntries entries;
  Use find(database_, kFindEntries);
  find.Int(feed_id);
  while (find.Step()) {
    entries.emplace(find.GetInt(0), ListedEntry{.link_id = find.GetInt(1),
                                                .content_key = find.GetInt(2),
                                                .is_further = find.GetInt(3) != 0});
  }
  return entries;
}

void BatchWork::PutEntry(const Lister& lister, const schemas::EntryIntake& entry,
                         const WrittenEntry& written, const ListedEntry* before) {
  const Id link_id = written.link_id.value_or(0);
  if (before && !before->is_further && before->link_id != link_id)
    SetListed(before->link_id, false);
  if (written.is_first_listing) SetListed(link_id, true);
  GatherEntry(
      {.feed_id = lister.feed_id, .guid_key = entry.guid_key},
      {.link_id = link_id, .content_key = entry.content_key, .is_further = written.IsFurther()});
}

WrittenEntry BatchWork::KeepEntry(const Lister& lister, const schemas::EntryIntake& entry,
                                  const ListedEntry& before) {
  Use(database_, kKeepEntry).Int(entry.content_key).Int(lister.feed_id).Int(entry.guid_key).Run();
  return {.link_id = before.link_id, .is_first_listing = !before.is_further};
}

void BatchWork::SetListed(Id link_id, bool is_listed) {
  Use(database_, kSetListed).Int(is_listed ? 1 : 0).Int(link_id).Run();
}

bool BatchWork::IsListed(Id link_id) { return Use(database_, kFindListed).Int(link_id).Step(); }

bool BatchWork::IsListedElsewhere(const StandingLink& link, Id feed_id, schemas::Key guid_key,
                                  const ListedEntry& before) {
  if (before.is_further && link.is_listed) return true;
  return Use(database_, kFindFurther).Int(link.link_id).Int(feed_id).Int(guid_key).Step();
}

void BatchWork::GiveEntries(Id to_link_id, Id link_id) {
  Use(database_, kGiveFirstEntry).Int(to_link_id).Int(link_id).Run();
  Use(database_, kGiveFurtherEntries).Int(to_link_id).Int(link_id).Run();
}

void BatchWork::ForgetEntriesOfLink(Id link_id) {
  Use(database_, kForgetFirstEntry).Int(link_id).Run();
  Use(database_, kForgetFurtherEntries).Int(link_id).Run();
}

// Most feeds list few of their posts at a time, and what they listed before is worth knowing: who
// speaks for a post. It goes where it would be too much, as with a feed that never repeats a guid.
void BatchWork::ForgetUnlisted(Id feed_id, const ListedEntries& entries) {
  if (std::ssize(entries) <= connection_.settings().feed_entries_max) return;
  WriteGathered();
  for (const auto& [guid_key, entry] : entries) {
    if (entry.is_listed_now) continue;
    Use forget(database_, kDeleteEntry);
    if (!forget.Int(feed_id).Int(guid_key).Step() || forget.GetInt(1) != 0) continue;
    SetListed(forget.GetInt(0), false);
  }
}

}  // namespace saunter::store::sqlite
