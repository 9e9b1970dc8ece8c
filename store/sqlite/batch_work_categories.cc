#include <algorithm>

#include "store/sqlite/batch_work.h"
#include "store/sqlite/fields.h"

namespace saunter::store::sqlite {
namespace {

using schemas::Id;

constexpr std::size_t kCategoriesCachedMax = 200000;

constexpr char kFindCategory[] = "SELECT category_id FROM category WHERE name = ?";
constexpr char kInsertCategory[] = "INSERT INTO category (name, feed_id) VALUES (?, ?)";
constexpr char kCountUses[] = "UPDATE category SET links = links + ? WHERE category_id = ?";
constexpr char kFindCategories[] = "SELECT categories FROM link WHERE link_id = ?";
constexpr char kSetCategories[] = "UPDATE link SET categories = ? WHERE link_id = ?";

// Ids stand in their order, each once. False: it is there already.
bool Insert(std::vector<Id>& ids, Id id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place != ids.end() && *place == id) return false;
  ids.insert(place, id);
  return true;
}

}  // namespace

std::optional<Id> BatchWork::CategoryOf(const std::string& name) {
  auto& categories = connection_.caches().categories;
  if (const auto known = categories.find(name); known != categories.end()) return known->second;
  Id category_id = 0;
  if (Use find(database_, kFindCategory); find.Text(name).Step()) {
    category_id = find.GetInt(0);
  } else {
    if (!MayNameWord()) return std::nullopt;
    Use(database_, kInsertCategory).Text(name).Int(budgets_.feed_id).Run();
    category_id = database_.LastInsertId();
  }
  if (categories.size() >= kCategoriesCachedMax) categories.clear();
  categories.emplace(name, category_id);
  return category_id;
}

std::vector<Id> BatchWork::CategoriesOf(const std::vector<std::string>& names) {
  std::vector<Id> ids;
  ids.reserve(names.size());
  for (const auto& name : names) {
    if (const auto category_id = CategoryOf(name)) Insert(ids, *category_id);
  }
  return ids;
}

std::vector<Id> BatchWork::CategoriesOfLink(Id link_id) {
  Use find(database_, kFindCategories);
  return find.Int(link_id).Step() ? SplitIds(find.GetText(0)) : std::vector<Id>();
}

bool BatchWork::AddCategories(Id link_id, const std::vector<std::string>& names) {
  if (names.empty()) return false;
  auto ids = CategoriesOfLink(link_id);
  std::vector<Id> added;
  for (const Id id : CategoriesOf(names)) {
    if (Insert(ids, id)) added.push_back(id);
  }
  if (added.empty()) return false;
  CountCategories(added, 1);
  Use(database_, kSetCategories).Text(JoinIds(ids)).Int(link_id).Run();
  return true;
}

void BatchWork::CountCategories(const std::vector<Id>& ids, std::int64_t delta) {
  for (const Id id : ids) category_deltas_[id] += delta;
}

void BatchWork::FlushCategories() {
  for (const auto& [category_id, delta] : category_deltas_) {
    if (delta != 0) Use(database_, kCountUses).Int(delta).Int(category_id).Run();
  }
  category_deltas_.clear();
}

}  // namespace saunter::store::sqlite
