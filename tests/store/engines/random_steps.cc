#include "tests/store/engines/random_steps.h"

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace saunter::store {
namespace {

using schemas::Id;
using schemas::LinkState;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;
constexpr std::array<std::string_view, 6> kLanguages = {"", "de", "en", "fr", "pt-br", "ja"};

// What a row says, in one text.
template <typename Record>
std::string TextOf(const Record& record) {
  std::string text = "{";
  VisitFields(record, [&](std::string_view name, const auto& field, auto...) {
    text.append(" ").append(name).append("=");
    using Field = std::decay_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, std::string>) {
      text += field;
    } else if constexpr (requires { field.has_value(); }) {
      text += field ? std::to_string(static_cast<std::int64_t>(*field)) : "absent";
    } else {
      text += std::to_string(static_cast<std::int64_t>(field));
    }
  });
  return text + " }";
}

std::string TextOf(const SiteRef& site) {
  return " " + std::to_string(site.site_id) + " " + site.host;
}
std::string TextOf(const LinkUrl& link) {
  return " " + std::to_string(link.link_id) + " " + link.url;
}

template <typename Records>
std::string TextOfAll(const Records& records) {
  std::string text;
  for (const auto& record : records) text += TextOf(record);
  return text;
}

std::string TextOf(const AppliedBatch& applied) {
  auto text = "touched " + TextOfAll(applied.touched_sites) + " targets";
  for (const auto& target : applied.targets) {
    for (const auto number : {target.site_id, target.target_key, target.link_id, target.links}) {
      text += " " + std::to_string(number);
    }
  }
  text += " outcomes";
  for (const auto outcome : applied.change_outcomes) {
    text.append(" ").append(ToString(outcome));
  }
  for (const auto outcome : applied.feedback_outcomes) {
    text += " " + std::to_string(static_cast<int>(outcome));
  }
  text += " new " + std::to_string(applied.links_new);
  if (applied.is_removing) text += " removing";
  if (applied.is_settling) text += " settling";
  return text;
}

template <typename Enum>
Enum At(std::uint64_t number) {
  return static_cast<Enum>(number);
}

}  // namespace

RandomSteps::RandomSteps(std::uint64_t seed, sqlite::Database& database)
    : random_(seed), is_tight_(seed % 2 == 0), database_(database) {}

schemas::StoreSettings RandomSteps::Settings() const {
  schemas::StoreSettings settings;
  settings.fetches_kept = 3;
  settings.batches_kept = 40;
  settings.pool_changes_kept = 500;
  settings.imports_kept = 5;
  settings.removal_rows_max = 7;
  settings.reports_max = 25;
  settings.withheld_links_max = 4;
  if (!is_tight_) return settings;
  settings.site_links_max = 9;
  settings.source_sites_max = 3;
  settings.feed_words_max = 5;
  settings.feed_languages_max = 2;
  settings.languages_max = 4;
  settings.feed_entries_max = 8;
  settings.feed_links_first_max = 10;
  settings.feed_links_per_day_max = 6;
  return settings;
}

Step RandomSteps::Next() {
  // Now and then a night, a holiday, or a clock that goes back.
  now_ += static_cast<std::int64_t>(Below(2 * kHour));
  if (OneIn(30)) now_ += static_cast<std::int64_t>(Below(10 * kDay));
  if (OneIn(200)) now_ -= kHour;
  Step step{.now = now_, .deeds = {}, .is_committed = !OneIn(25)};
  if (OneIn(3)) step.deeds.push_back(AnyDecision());
  for (auto count = 1 + Below(2); count > 0; --count) {
    const auto batch = std::make_shared<const schemas::WriteBatch>(AnyBatch());
    step.deeds.emplace_back(
        [batch](WriteTransaction& transaction) { return TextOf(transaction.Apply(*batch)); });
  }
  while (OneIn(2)) step.deeds.push_back(OneIn(3) ? AnyQuestion() : AnyDecision());
  return step;
}

schemas::UnixSeconds RandomSteps::Soon() {
  return now_ + static_cast<std::int64_t>(Below(9 * kDay)) - kHour;
}

const RandomSteps::Place& RandomSteps::AnyPlace() {
  static const std::vector<Place> places = {{"a.example", "a.example"},
                                            {"x.a.example", "a.example"},
                                            {"b.example", "b.example"},
                                            {"tilde.example/~ann", "tilde.example"},
                                            {"tilde.example/~bob", "tilde.example"},
                                            {"tilde.example", "tilde.example"},
                                            {"c.example", "c.example"},
                                            {"d.example", "d.example"},
                                            {"e.example", "e.example"},
                                            {"farm.d.example", "d.example"}};
  return places[Below(places.size())];
}

std::string RandomSteps::AnyFeedUrl(const Place& place) {
  return "https://" + place.site + "/feed" + std::to_string(Below(3));
}

std::string RandomSteps::AnyPattern() {
  const auto& place = AnyPlace();
  if (OneIn(4)) return "*." + place.registrable_domain;
  if (OneIn(4)) return place.site + "/" + std::to_string(Below(4));
  return place.site;
}

std::string RandomSteps::AnyWord() {
  // Of other scripts, too, since the engines must sort them alike.
  static constexpr std::array<std::string_view, 4> kWords = {"birds", "\xc3\x84pfel", "walks ",
                                                             "\xe6\xad\xa9"};
  return std::string(kWords[Below(kWords.size())]) + std::to_string(Below(8));
}

Id RandomSteps::AnyOf(const std::string& column, const std::string& rows) {
  const auto count = database_.QueryInt(("SELECT count(*) FROM " + rows).c_str());
  if (count == 0) return 0;
  const auto place = std::to_string(Below(static_cast<std::uint64_t>(count)));
  return database_.QueryInt(
      ("SELECT " + column + " FROM " + rows + " ORDER BY " + column + " LIMIT 1 OFFSET " + place)
          .c_str());
}

Id RandomSteps::AnyId(const char* table) {
  // Seldom one that there is not.
  if (OneIn(40)) return 1000000;
  return AnyOf(std::string(table) + "_id", table);
}

schemas::EntryIntake RandomSteps::AnyEntry(const Place& home) {
  const auto& place = OneIn(4) ? AnyPlace() : home;
  schemas::EntryIntake entry;
  const auto number = Below(14);
  entry.url =
      "https://" + std::string(OneIn(5) ? "www." : "") + place.site + "/" + std::to_string(number);
  entry.guid_key = static_cast<schemas::Key>(Below(16));
  entry.url_key = static_cast<schemas::Key>(number);
  entry.host = place.site;
  entry.registrable_domain = place.registrable_domain;
  entry.title = "Post " + std::to_string(number) + " \xe2\x80\x93 " + std::to_string(Below(3));
  if (OneIn(3)) entry.author = "Author " + std::to_string(Below(5));
  entry.language = kLanguages[Below(kLanguages.size())];
  if (OneIn(3)) entry.summary = "Summary " + std::to_string(Below(5));
  for (auto words = Below(4); words > 0; --words) entry.categories.push_back(AnyWord());
  if (!OneIn(3)) entry.published_at = now_ - static_cast<std::int64_t>(Below(100 * kDay));
  if (OneIn(3)) entry.updated_at = now_;
  entry.next_check_at = Soon();
  entry.content_key = static_cast<schemas::Key>(Below(1000));
  return entry;
}

schemas::BlacklistEntry RandomSteps::AnyBlacklistEntry() {
  schemas::BlacklistEntry entry;
  entry.pattern = AnyPattern();
  entry.source = At<schemas::BlacklistSource>(Below(3));
  if (!OneIn(4)) entry.reason = "reason " + std::to_string(Below(3));
  entry.added_at = now_;
  if (entry.source == schemas::BlacklistSource::kRule) entry.until_at = Soon();
  return entry;
}

void RandomSteps::AddCrawl(schemas::WriteBatch& batch) {
  const Id feed_id = AnyId("feed");
  auto& crawl = batch.crawls.emplace_back();
  auto& feed = crawl.feed;
  feed.feed_id = feed_id;
  const auto of_feed = [&](const char* column) {
    return database_.QueryText(
        ("SELECT " + std::string(column) +
         " FROM feed JOIN site USING (site_id) WHERE feed_id = " + std::to_string(feed_id))
            .c_str());
  };
  feed.url = of_feed("url");
  Place home{of_feed("host"), of_feed("registrable_domain")};
  if (home.site.empty() || OneIn(12)) {
    home = AnyPlace();
    feed.url = AnyFeedUrl(home);
    if (OneIn(3)) crawl.owner = schemas::FeedOwner::kOther;
  }
  feed.host = home.site;
  feed.registrable_domain = home.registrable_domain;
  feed.state = OneIn(15) ? schemas::FeedState::kGone : schemas::FeedState::kActive;
  if (!OneIn(4)) feed.title = "Feed " + std::to_string(Below(3));
  if (!OneIn(10)) feed.checked_at = now_;
  if (OneIn(2)) feed.ok_at = now_;
  feed.next_check_at = Soon();
  feed.next_check_reason = "ttl";
  if (OneIn(2)) feed.etag = "\"" + std::to_string(Below(100)) + "\"";
  if (OneIn(2)) feed.body_key = static_cast<schemas::Key>(random_());
  feed.error_count = OneIn(3) ? static_cast<int>(1 + Below(3)) : 0;
  feed.last_outcome =
      At<schemas::FetchOutcome>(Below(static_cast<std::uint64_t>(schemas::FetchOutcome::kLast)));
  feed.skip_hours = static_cast<std::uint32_t>(Below(1U << 24U));
  crawl.fetch.fetched_at = now_;
  crawl.fetch.outcome = *feed.last_outcome;
  crawl.fetch.wire_bytes = static_cast<std::int64_t>(Below(100000));
  crawl.fetch.next_check_at = feed.next_check_at;
  if (OneIn(3)) crawl.fetch.reason = "a reason";
  if (OneIn(6)) crawl.speaks_for = AnyPlace().site;
  for (auto count = Below(10); count > 0; --count) crawl.entries.push_back(AnyEntry(home));
}

void RandomSteps::AddProbe(schemas::WriteBatch& batch) {
  auto& probe = batch.probes.emplace_back();
  probe.link_id = AnyId("link");
  probe.verdict = At<schemas::Verdict>(Below(3));
  probe.outcome =
      At<schemas::FetchOutcome>(Below(static_cast<std::uint64_t>(schemas::FetchOutcome::kLast)));
  probe.status = OneIn(2) ? 200 : 404;
  probe.state = At<LinkState>(Below(schemas::kLinkStateCount));
  probe.strikes = static_cast<int>(Below(4));
  if (probe.strikes > 0) probe.struck_at = now_;
  probe.check_interval_s = static_cast<std::int64_t>(Below(30 * kDay));
  if (!OneIn(8)) probe.checked_at = now_;
  probe.next_check_at = Soon();
  if (OneIn(3)) probe.target_key = static_cast<schemas::Key>(Below(3));
  if (!OneIn(6)) return;
  const auto entry = AnyEntry(AnyPlace());
  probe.move = {entry.url, entry.url_key, entry.host, entry.registrable_domain};
}

void RandomSteps::AddFeedback(schemas::WriteBatch& batch) {
  auto& word = batch.feedback.emplace_back();
  word.link_id = AnyId("link");
  word.source_id = AnyId("site");
  word.given_at = now_ - kHour;
  word.nonce = OneIn(5) ? Below(nonce_ + 1) : ++nonce_;
  // One that no signed number holds.
  word.network = OneIn(10) ? ~std::uint64_t{0} : Below(12);
  if (OneIn(2)) {
    word.said = schemas::Vote{At<schemas::VoteValue>(Below(2))};
  } else {
    word.said = schemas::Report{.kind = At<schemas::ReportKind>(Below(7)),
                                .note = OneIn(2) ? "a note" : ""};
  }
}

void RandomSteps::AddHosts(schemas::WriteBatch& batch) {
  batch.hosts.pauses.push_back({.host = AnyPlace().registrable_domain,
                                .reason = At<schemas::PauseReason>(Below(2)),
                                .until_at = Soon()});
  batch.hosts.robots.push_back({.origin = "https://" + AnyPlace().registrable_domain,
                                .outcome = schemas::FetchOutcome::kOk,
                                .fetched_at = now_,
                                .until_at = Soon(),
                                .rules = OneIn(2) ? "User-agent: *\nDisallow: /\n" : ""});
}

void RandomSteps::AddLook(schemas::WriteBatch& batch) {
  auto& look = batch.looks.emplace_back();
  look.site_id = AnyId("site");
  look.looked_at = now_;
  look.answer = At<schemas::SiteAnswer>(Below(7));
  if (OneIn(2)) look.title_key = static_cast<schemas::Key>(random_());
  if (OneIn(2)) look.words = "some words";
  look.parked_count = static_cast<int>(Below(3));
}

void RandomSteps::AddStatus(schemas::WriteBatch& batch) {
  auto& status = batch.status.emplace();
  status.version = "1." + std::to_string(Below(3));
  status.started_at = 1700000000 + static_cast<std::int64_t>(Below(3));
  status.reported_at = now_;
  if (OneIn(2)) status.fetch_at = now_;
  status.feeds_due = static_cast<std::int64_t>(Below(100));
  if (OneIn(3)) status.outage_at = now_ - static_cast<std::int64_t>(Below(2) * kHour);
  if (OneIn(3)) status.problem = "no network";
}

void RandomSteps::AddFeedChange(schemas::WriteBatch& batch) {
  const auto& place = AnyPlace();
  const auto url = AnyFeedUrl(place);
  const auto kind = Below(10);
  if (kind < 6) {
    batch.changes.emplace_back(schemas::AddFeed{.url = url,
                                                .host = place.site,
                                                .registrable_domain = place.registrable_domain,
                                                .title = OneIn(2) ? "A title" : "",
                                                .site_url = {},
                                                .category = OneIn(2) ? AnyWord() : "",
                                                .added_at = now_,
                                                .next_check_at = Soon(),
                                                .import_key = OneIn(2) ? import_key_ : 0});
  } else if (kind < 7) {
    const Id import_id = OneIn(3) ? AnyId("import") : 0;
    batch.changes.emplace_back(schemas::RemoveFeed{.url = url, .import_id = import_id});
  } else if (kind < 8) {
    batch.changes.emplace_back(
        schemas::SetFeedState{.url = url, .state = At<schemas::FeedState>(Below(2))});
  } else {
    schemas::EditFeed edit{.url = url, .title = {}, .category = {}};
    if (OneIn(2)) edit.title = OneIn(3) ? "" : "Given";
    if (!OneIn(3)) edit.category = OneIn(4) ? "" : AnyWord();
    batch.changes.emplace_back(std::move(edit));
  }
}

void RandomSteps::AddBlacklistChange(schemas::WriteBatch& batch) {
  if (OneIn(3)) {
    const Id import_id = OneIn(3) ? AnyId("import") : 0;
    batch.changes.emplace_back(
        schemas::RemoveBlacklist{.pattern = AnyPattern(), .import_id = import_id});
  } else {
    batch.changes.emplace_back(schemas::AddBlacklist{.entry = AnyBlacklistEntry(),
                                                     .import_key = OneIn(3) ? import_key_ : 0});
  }
}

void RandomSteps::AddImportChange(schemas::WriteBatch& batch) {
  const auto kind = Below(3);
  if (kind == 0) {
    import_key_ = static_cast<schemas::ImportKey>(1 + Below(40));
    batch.changes.emplace_back(schemas::BeginImport{.import_key = import_key_,
                                                    .kind = At<schemas::ImportKind>(Below(2)),
                                                    .source = "list.opml",
                                                    .started_at = now_});
  } else if (kind == 1) {
    batch.changes.emplace_back(schemas::EndUndo{.import_id = AnyId("import"), .undone_at = now_});
  } else {
    batch.changes.emplace_back(schemas::DecideReports{
        .link_id = AnyOf("link_id", "report"), .decision = At<schemas::ReportDecision>(Below(2))});
  }
}

schemas::WriteBatch RandomSteps::AnyBatch() {
  schemas::WriteBatch batch;
  if (OneIn(3)) AddFeedChange(batch);
  if (OneIn(8)) AddBlacklistChange(batch);
  if (OneIn(8)) AddImportChange(batch);
  if (OneIn(3)) AddFeedChange(batch);
  for (auto count = Below(4); count > 0; --count) AddCrawl(batch);
  for (auto count = Below(6); count > 0; --count) AddProbe(batch);
  if (OneIn(3)) {
    for (auto count = Below(8); count > 0; --count) AddFeedback(batch);
  }
  if (OneIn(5)) AddHosts(batch);
  if (OneIn(5)) AddLook(batch);
  if (OneIn(8)) AddStatus(batch);
  return batch;
}

Deed RandomSteps::AnyDecision() {
  const Id site_id = AnyId("site");
  const Id link_id = AnyId("link");
  const auto soon = Soon();
  const bool is_so = OneIn(2);
  switch (Below(8)) {
    case 0: {
      const auto entry = is_so ? std::optional(AnyBlacklistEntry()) : std::nullopt;
      return [=](WriteTransaction& transaction) {
        if (entry) transaction.PutBlacklistEntry(*entry);
        transaction.SetSiteBlacklisting({site_id, entry});
        return std::string();
      };
    }
    case 1:
      return [=](WriteTransaction& transaction) {
        transaction.SetLinkBlacklisting({link_id, is_so});
        return std::string();
      };
    case 2: {
      schemas::SiteDecision decision;
      decision.site_id = AnyOf("site_id", "site");
      if (decision.site_id == 0) return [](WriteTransaction&) { return std::string(); };
      decision.decided_at = now_;
      decision.kind = At<schemas::DecisionKind>(Below(4));
      decision.reason = "a reason";
      if (is_so) decision.sample_urls = {"https://a.example/1", "https://a.example/2"};
      return [=](WriteTransaction& transaction) {
        transaction.PutDecision(decision);
        return std::string();
      };
    }
    case 3:
      return [=](WriteTransaction& transaction) {
        transaction.DoubtDeadLinks(site_id);
        transaction.WakeFeeds(site_id);
        return std::string();
      };
    case 4:
      return [=](WriteTransaction& transaction) {
        const SharedTarget target{
            .site_id = site_id, .target_key = 1, .link_id = link_id, .links = 2};
        transaction.LookAgainAt(target);
        transaction.LookAgainAtNew(target);
        return std::string();
      };
    case 5:
      return [](WriteTransaction& transaction) {
        return TextOfAll(transaction.DrawParole({.sites_max = 2, .links_max = 3}));
      };
    case 6:
      return [=](WriteTransaction& transaction) {
        return std::to_string(transaction.PullInFar({.links_after = soon,
                                                     .links_within_s = kDay,
                                                     .hosts_after = soon + kDay,
                                                     .rows_max = 4})
                                  ? 1
                                  : 0);
      };
    default: {
      const auto pattern = AnyPattern();
      return [=](WriteTransaction& transaction) {
        transaction.RemoveBlacklistEntry(pattern);
        return std::string();
      };
    }
  }
}

Deed RandomSteps::AnyQuestion() {
  const Id site_id = AnyId("site");
  const auto place = AnyPlace();
  const auto soon = Soon();
  switch (Below(6)) {
    case 0:
      return [](WriteTransaction& transaction) { return TextOfAll(transaction.Blacklist()); };
    case 1:
      return [=](WriteTransaction& transaction) {
        return TextOfAll(transaction.DeadListings(site_id));
      };
    case 2:
      return [=, now = now_](WriteTransaction& transaction) {
        const auto tally = transaction.CountProbedSince(site_id, now - kDay);
        return std::to_string(tally.links) + " " + std::to_string(tally.links_checked) + " " +
               std::to_string(tally.links_alive);
      };
    case 3:
      return [=](WriteTransaction& transaction) {
        return TextOfAll(transaction.SitesUnder("*." + place.registrable_domain)) +
               TextOfAll(transaction.SitesUnder(place.site)) +
               TextOfAll(transaction.SitesUnder("*"));
      };
    case 4:
      return [=](WriteTransaction& transaction) {
        return TextOfAll(transaction.LinkUrls(site_id, {.after = 0, .count_max = 100}));
      };
    default:
      return [=](WriteTransaction& transaction) {
        return TextOfAll(transaction.SitesOnParoleAfter(soon - 4 * kDay, 3));
      };
  }
}

}  // namespace saunter::store
