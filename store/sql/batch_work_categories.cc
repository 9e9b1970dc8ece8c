// What an operator says of a feed. Its category is a word of its links, too, which get another one
// piece by piece.
#include <algorithm>

#include "store/links.h"
#include "store/sql/batch_work.h"
#include "store/sql/fields.h"

namespace saunter::store::sql {
namespace {

using schemas::ChangeOutcome;
using schemas::Id;

constexpr char kCategoryOfFeed[] = "SELECT category FROM feed WHERE feed_id = ?";
constexpr char kPutCategory[] = "UPDATE feed SET category = ? WHERE feed_id = ?";
constexpr char kGivenTitle[] = "SELECT given_title FROM feed WHERE feed_id = ?";
constexpr char kPutGivenTitle[] = "UPDATE feed SET given_title = ? WHERE feed_id = ?";
constexpr char kLeaveCategory[] =
    "INSERT INTO left_category (feed_id, category) VALUES (?, ?) ON CONFLICT DO NOTHING";
constexpr char kTakeCategoryUp[] = "DELETE FROM left_category WHERE feed_id = ? AND category = ?";
constexpr char kForgetLeft[] = "DELETE FROM left_category WHERE feed_id = ?";
constexpr char kNextLeft[] = "SELECT feed_id FROM left_category ORDER BY feed_id LIMIT 1";
constexpr char kLeftCategories[] =
    "SELECT category FROM left_category WHERE feed_id = ? AND category <> ''";
constexpr char kListedPiece[] =
    "SELECT link_id, guid_key FROM entry WHERE feed_id = ? AND guid_key > ? ORDER BY guid_key "
    "LIMIT ?";
constexpr char kUnlistedPiece[] =
    "SELECT link_id, link_id FROM link WHERE feed_id = ? AND is_listed = 0 AND link_id > ? ORDER "
    "BY link_id LIMIT ?";
constexpr char kFindWord[] = "SELECT category_id FROM category WHERE name = ?";
constexpr char kInsertWord[] = "INSERT INTO category (name) VALUES (?) RETURNING category_id";

std::string TextOf(Database& database, const char* statement, Id feed_id) {
  Use find(database, statement);
  return find.Int(feed_id).Step() ? find.GetText(0) : std::string();
}

}  // namespace

bool IsCategoryLeft(Database& database) { return Use(database, kNextLeft).Step(); }

bool BatchWork::IsSettling() {
  is_settling_ = is_settling_ && IsCategoryLeft(database_);
  return is_settling_;
}

ChangeOutcome BatchWork::Change(const schemas::EditFeed& change) {
  const Id feed_id = FeedAt(change.url);
  if (feed_id == 0) return ChangeOutcome::kNotFound;
  bool is_changed = false;
  if (change.title && *change.title != TextOf(database_, kGivenTitle, feed_id)) {
    Use(database_, kPutGivenTitle).TextOrNull(*change.title).Int(feed_id).Run();
    is_changed = true;
  }
  if (change.category) is_changed = SetCategory(feed_id, *change.category) || is_changed;
  return is_changed ? ChangeOutcome::kDone : ChangeOutcome::kAlreadyKnown;
}

bool BatchWork::SetCategory(Id feed_id, const std::string& category) {
  const auto before = TextOf(database_, kCategoryOfFeed, feed_id);
  if (before == category) return false;
  Use(database_, kPutCategory).TextOrNull(category).Int(feed_id).Run();
  Use(database_, kLeaveCategory).Int(feed_id).Text(before).Run();
  Use(database_, kTakeCategoryUp).Int(feed_id).Text(category).Run();
  auto& cursor = connection_.category_cursor();
  if (cursor.feed_id == feed_id) cursor = {};
  is_settling_ = true;
  return true;
}

void BatchWork::FillCategory(Id feed_id, const std::string& category) {
  if (TextOf(database_, kCategoryOfFeed, feed_id).empty()) SetCategory(feed_id, category);
}

void BatchWork::HandOnCategory(Id feed_id, Id kept_id) {
  FillCategory(kept_id, TextOf(database_, kCategoryOfFeed, feed_id));
}

void BatchWork::ContinueCategories() {
  while (is_settling_ && removal_rows_left_ > 0) {
    Id feed_id = 0;
    if (Use next(database_, kNextLeft); next.Step()) feed_id = next.GetInt(0);
    is_settling_ = feed_id != 0;
    if (is_settling_) SettleCategoryPiece(feed_id);
  }
}

// First what it lists, then what it brought and lists no more.
void BatchWork::SettleCategoryPiece(Id feed_id) {
  auto& cursor = connection_.category_cursor();
  if (cursor.feed_id != feed_id) cursor = {.feed_id = feed_id};
  std::vector<Id> link_ids;
  const auto rows_max = removal_rows_left_;
  {
    Use list(database_, cursor.is_past_entries ? kUnlistedPiece : kListedPiece);
    list.Int(feed_id).Int(cursor.after).Int(rows_max);
    while (list.Step()) {
      link_ids.push_back(list.GetInt(0));
      cursor.after = list.GetInt(1);
    }
  }
  removal_rows_left_ -= std::ssize(link_ids);
  if (!link_ids.empty()) ReplaceCategory(feed_id, link_ids);
  if (std::ssize(link_ids) == rows_max) return;
  if (cursor.is_past_entries) {
    Use(database_, kForgetLeft).Int(feed_id).Run();
    cursor = {};
  } else {
    cursor = {.feed_id = feed_id, .is_past_entries = true};
  }
}

// Of those of which the feed has the word: what others say of a link is theirs.
void BatchWork::ReplaceCategory(Id feed_id, const std::vector<Id>& link_ids) {
  const auto feed = FindFeedBefore(feed_id);
  if (!feed) return;
  std::vector<Id> left;
  for (const auto& name : LeftCategories(feed_id)) {
    if (const auto word = FindWord(name)) left.push_back(*word);
  }
  const auto category = TextOf(database_, kCategoryOfFeed, feed_id);
  const auto word = category.empty() ? std::nullopt : std::optional(OperatorWord(category));
  auto rows = NewRows();
  ReadIds(rows);
  ReadLinks(link_ids, 0, rows);
  const Lister lister{.feed_id = feed_id, .site_id = feed->site_id, .host = feed->host};
  for (auto& [link_id, link] : rows.links) {
    if (MayRewrite(lister, link)) ReplaceWords(rows, link, left, word);
  }
  WriteRows(rows);
}

std::vector<std::string> BatchWork::LeftCategories(Id feed_id) {
  std::vector<std::string> names;
  Use list(database_, kLeftCategories);
  list.Int(feed_id);
  while (list.Step()) names.push_back(list.GetText(0));
  return names;
}

std::optional<Id> BatchWork::FindWord(const std::string& name) {
  Use find(database_, kFindWord);
  if (!find.Text(name).Step()) return std::nullopt;
  return find.GetInt(0);
}

// Nobody's budget is asked.
Id BatchWork::OperatorWord(const std::string& name) {
  if (const auto word = FindWord(name)) return *word;
  return Use(database_, kInsertWord).Text(name).RunReturning().value_or(0);
}

}  // namespace saunter::store::sql
