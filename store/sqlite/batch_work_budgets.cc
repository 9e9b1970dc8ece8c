#include <algorithm>
#include <vector>

#include "store/sqlite/batch_work.h"

namespace saunter::store::sqlite {
namespace {

using schemas::Id;

constexpr std::int64_t kDayS = 86400;

constexpr char kCountWords[] = "SELECT count(*) FROM category WHERE feed_id = ?";
constexpr char kCountSites[] = "SELECT count(*) FROM site WHERE named_by = ?";
constexpr char kFindLanguage[] = "SELECT 1 FROM language WHERE language = ?";
constexpr char kCountLanguages[] = "SELECT count(*), sum(feed_id IS ?) FROM language";
constexpr char kInsertLanguage[] = "INSERT INTO language (language, feed_id) VALUES (?, ?)";

// What a feed lists would be taken in again.
constexpr char kUnlistedDeadOfSite[] =
    "SELECT link_id FROM link WHERE site_id = ? AND state = 4 AND NOT EXISTS (SELECT 1 FROM entry "
    "e WHERE e.link_id = link.link_id) ORDER BY link_id LIMIT ?";
constexpr char kUnlistedOfSite[] =
    "SELECT link_id FROM link WHERE site_id = ? AND NOT EXISTS (SELECT 1 FROM entry e WHERE "
    "e.link_id = link.link_id) ORDER BY link_id LIMIT ?";
static_assert(static_cast<int>(schemas::LinkState::kDead) == 4, "the state in the statement above");
// A full site is walked for what can go, so that it makes room for several at a time.
constexpr std::int64_t kRoomShare = 100;

std::int64_t Count(Database& database, const char* statement, Id id) {
  Use count(database, statement);
  return count.Int(id).Step() ? count.GetInt(0) : 0;
}

// One of what is left; false if nothing is.
bool TakeOne(std::int64_t& left) {
  if (left <= 0) return false;
  --left;
  return true;
}

}  // namespace

void BatchWork::BeginBudgets(Id feed_id, const schemas::FeedIntake& intake) {
  const auto& settings = connection_.settings();
  budgets_ = Budgets();
  budgets_.feed_id = feed_id;
  budgets_.intake = intake;
  const auto day = now_ / kDayS;
  if (intake.intake_day == day) {
    // What is left of a first answer's budget is not for the rest of the day.
    budgets_.links_left = settings.feed_links_per_day_max - intake.intake_links;
    return;
  }
  budgets_.links_left =
      intake.intake_day ? settings.feed_links_per_day_max : settings.feed_links_first_max;
}

void BatchWork::BeginAnswer() {
  auto& intake = budgets_.intake;
  const auto day = now_ / kDayS;
  const auto links = intake.intake_day == day ? intake.intake_links : 0;
  intake = schemas::FeedIntake();
  intake.intake_day = day;
  intake.intake_links = links;
}

bool BatchWork::MayNameWord() {
  auto& left = budgets_.words_left;
  if (!left) {
    left = connection_.settings().feed_words_max - Count(database_, kCountWords, budgets_.feed_id);
  }
  if (TakeOne(*left)) return true;
  ++budgets_.intake.words_over;
  return false;
}

bool BatchWork::MayNameSite(const Lister& lister) {
  auto& left = budgets_.sites_left;
  if (!left) {
    left = connection_.settings().source_sites_max - Count(database_, kCountSites, lister.site_id);
  }
  return TakeOne(*left);
}

bool BatchWork::KnowsLanguage(const std::string& language) {
  auto& languages = connection_.caches().languages;
  if (language.empty() || languages.contains(language)) return true;
  if (!Use(database_, kFindLanguage).Text(language).Step()) {
    auto& left = budgets_.languages_left;
    if (!left) {
      const auto& settings = connection_.settings();
      Use count(database_, kCountLanguages);
      count.Int(budgets_.feed_id).Step();
      left = std::min(settings.languages_max - count.GetInt(0),
                      settings.feed_languages_max - count.GetOptionalInt(1).value_or(0));
    }
    if (!TakeOne(*left)) {
      ++budgets_.intake.languages_over;
      return false;
    }
    Use(database_, kInsertLanguage).Text(language).Int(budgets_.feed_id).Run();
  }
  languages.insert(language);
  return true;
}

bool BatchWork::MakeRoom(KnownSite& site) {
  const auto links_max = connection_.settings().site_links_max;
  const auto count = site.links - links_max + std::max<std::int64_t>(1, links_max / kRoomShare);
  for (const auto* statement : {kUnlistedDeadOfSite, kUnlistedOfSite}) {
    std::vector<Id> links;
    {
      Use find(database_, statement);
      find.Int(site.site_id).Int(count);
      while (find.Step()) links.push_back(find.GetInt(0));
    }
    for (const Id link_id : links) RemoveLink(link_id);
    site.links -= std::ssize(links);
    if (site.links < links_max) return true;
  }
  return false;
}

}  // namespace saunter::store::sqlite
