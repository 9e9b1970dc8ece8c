#include <algorithm>
#include <numeric>
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
    "SELECT link_id FROM link WHERE site_id = ? AND state = 4 AND is_listed = 0 AND NOT EXISTS "
    "(SELECT 1 FROM entry e WHERE e.link_id = link.link_id AND e.is_further = 1) ORDER BY link_id "
    "LIMIT ?";
constexpr char kUnlistedOfSite[] =
    "SELECT link_id FROM link WHERE site_id = ? AND is_listed = 0 AND NOT EXISTS (SELECT 1 FROM "
    "entry e WHERE e.link_id = link.link_id AND e.is_further = 1) ORDER BY link_id LIMIT ?";
// Nobody shuts a site out of its own place: it may have that of what its own feeds neither brought
// nor list.
constexpr char kOnlyStrangersListOfSite[] =
    "SELECT link_id FROM link WHERE site_id = ?1 AND feed_id NOT IN (SELECT feed_id FROM feed "
    "WHERE site_id = ?1) AND NOT EXISTS (SELECT 1 FROM entry e JOIN feed f ON f.feed_id = "
    "e.feed_id WHERE e.link_id = link.link_id AND e.is_further = 1 AND f.site_id = ?1) ORDER BY "
    "link_id LIMIT ?2";
constexpr char kCountLinks[] =
    "SELECT links_unchecked + links_alive + links_unknown + links_doubtful + links_dead FROM site "
    "WHERE site_id = ?";
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
  const auto day = now_ / kDayS;
  budgets_ = Budgets();
  budgets_.feed_id = feed_id;
  budgets_.intake.intake_day = day;
  if (intake.intake_day == day) {
    // What is left of a first answer's budget is not for the rest of the day.
    budgets_.intake.intake_links = intake.intake_links;
    budgets_.links_left = settings.feed_links_per_day_max - intake.intake_links;
  } else {
    budgets_.links_left =
        intake.intake_day ? settings.feed_links_per_day_max : settings.feed_links_first_max;
  }
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
  if (!left) left = SitesLeft(lister.site_id);
  return TakeOne(*left);
}

std::int64_t BatchWork::SitesLeft(Id source_id) {
  return connection_.settings().source_sites_max - Count(database_, kCountSites, source_id);
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

std::int64_t BatchWork::UnwrittenLinks(Id site_id) const {
  const auto deltas = site_deltas_.find(site_id);
  if (deltas == site_deltas_.end()) return 0;
  return std::accumulate(deltas->second.begin(), deltas->second.end(), std::int64_t{0});
}

bool BatchWork::MakeRoom(KnownSite& site, Id lister_site_id) {
  WriteGathered();
  // Links go without a word to the cache.
  site.links = Count(database_, kCountLinks, site.site_id) + UnwrittenLinks(site.site_id);
  const auto links_max = connection_.settings().site_links_max;
  if (site.links < links_max) return true;
  const bool is_own = lister_site_id == site.site_id;
  auto& full_sites = is_own ? full_for_its_own_ : full_sites_;
  if (full_sites.contains(site.site_id)) return false;
  for (const auto* statement : {kUnlistedDeadOfSite, kUnlistedOfSite, kOnlyStrangersListOfSite}) {
    if (statement == kOnlyStrangersListOfSite && !is_own) break;
    const auto count =
        std::min(removal_rows_left_,
                 site.links - links_max + std::max<std::int64_t>(1, links_max / kRoomShare));
    std::vector<Id> links;
    {
      Use find(database_, statement);
      find.Int(site.site_id).Int(count);
      while (find.Step()) links.push_back(find.GetInt(0));
    }
    for (const Id link_id : links) {
      ForgetEntriesOfLink(link_id);
      RemoveLink(link_id);
    }
    removal_rows_left_ -= std::ssize(links);
    site.links -= std::ssize(links);
    if (site.links < links_max) return true;
  }
  full_sites.insert(site.site_id);
  return false;
}

}  // namespace saunter::store::sqlite
