#include "tests/store/replica/source.h"

#include <gtest/gtest.h>

#include <functional>

namespace saunter::store::replica {

using schemas::Id;
using schemas::LinkState;

void ReplicaSource::Write(const schemas::WriteBatch& batch, schemas::UnixSeconds now) {
  const auto transaction = writer().Begin(now);
  static_cast<void>(transaction->Apply(batch));
  transaction->Commit(WriteTransaction::Durability::kNormal);
}

Id ReplicaSource::AddFeed(const std::string& host, const std::string& category) {
  schemas::WriteBatch batch;
  const auto url = "https://" + host + "/rss";
  batch.changes.emplace_back(schemas::AddFeed{.url = url,
                                              .host = host,
                                              .registrable_domain = host,
                                              .title = "The feed of " + host,
                                              .site_url = {},
                                              .category = category,
                                              .added_at = kStart,
                                              .next_check_at = kStart});
  Write(batch, kStart);
  return OpenReader()->FindFeed(url)->feed_id;
}

namespace {

schemas::EntryIntake PostOf(const std::string& host, int number) {
  schemas::EntryIntake entry;
  entry.url = "https://" + host + "/" + std::to_string(number);
  entry.guid_key = number;
  entry.url_key = static_cast<schemas::Key>(std::hash<std::string>()(entry.url));
  entry.host = host;
  entry.registrable_domain = host;
  entry.title = "Post " + std::to_string(number);
  entry.published_at = kStart - number;
  entry.next_check_at = kStart;
  entry.content_key = number;
  return entry;
}

}  // namespace

void ReplicaSource::AddPosts(const std::string& host, int count) {
  const auto feed_id = AddFeed(host);
  schemas::WriteBatch batch;
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed = *OpenReader()->FindFeed(feed_id);
  crawl.feed.checked_at = kStart;
  for (int i = 0; i < count; ++i) crawl.entries.push_back(PostOf(host, i));
  Write(batch, kStart);
}

schemas::EntryIntake Life::AnyEntry() {
  auto entry = PostOf(Host(), static_cast<int>(Below(12)));
  entry.guid_key = static_cast<schemas::Key>(Below(14));
  entry.content_key = static_cast<schemas::Key>(Below(1000));
  entry.language = std::vector<std::string>{"", "de", "fr", "pt"}[Below(4)];
  if (Below(3) > 0) entry.categories.push_back("word " + std::to_string(Below(12)));
  if (Below(3) == 0) entry.author = "Author " + std::to_string(Below(5));
  if (Below(3) == 0) entry.summary = "Summary " + std::to_string(Below(5));
  if (Below(6) == 0) entry.title = "Another title " + std::to_string(Below(5));
  return entry;
}

std::optional<schemas::FeedListing> Life::AnyFeed(Reader& reader) {
  const auto feeds = reader.Feeds({});
  if (feeds.empty()) return std::nullopt;
  return feeds[Below(feeds.size())];
}

std::optional<Id> Life::AnyLink(Reader& reader) {
  const auto site_id = AnySite(reader);
  if (!site_id) return std::nullopt;
  const auto links = reader.LinkUrls(*site_id, {});
  if (links.empty()) return std::nullopt;
  return links[Below(links.size())].link_id;
}

std::optional<Id> Life::AnySite(Reader& reader) {
  const auto sites = reader.Sites({});
  if (sites.empty()) return std::nullopt;
  return sites[Below(sites.size())].site_id;
}

void Life::Add(schemas::WriteBatch& batch) {
  const auto host = Host();
  batch.changes.emplace_back(
      schemas::AddFeed{.url = "https://" + host + "/feed" + std::to_string(Below(2)),
                       .host = host,
                       .registrable_domain = host,
                       .title = {},
                       .site_url = {},
                       .category = Below(2) == 0 ? "birds" : "",
                       .added_at = now_,
                       .next_check_at = now_});
}

void Life::Fetch(Reader& reader, schemas::WriteBatch& batch) {
  const auto feed = AnyFeed(reader);
  if (!feed) return;
  auto& crawl = batch.crawls.emplace_back();
  crawl.feed = *reader.FindFeed(feed->feed_id);
  if (Below(8) == 0) {
    const auto host = Host();
    crawl.feed.url = "https://" + host + "/feed" + std::to_string(Below(2));
    crawl.feed.host = host;
    crawl.feed.registrable_domain = host;
  }
  crawl.feed.checked_at = now_;
  crawl.feed.ok_at = now_;
  crawl.feed.title = "Feed " + std::to_string(Below(3));
  crawl.feed.next_check_at = now_ + 3600;
  crawl.feed.error_count = static_cast<int>(Below(3));
  crawl.feed.last_outcome =
      crawl.feed.error_count > 0 ? schemas::FetchOutcome::kTimeout : schemas::FetchOutcome::kOk;
  crawl.fetch.fetched_at = now_;
  for (auto count = Below(9); count > 0; --count) crawl.entries.push_back(AnyEntry());
}

void Life::ChangeFeed(Reader& reader, schemas::WriteBatch& batch) {
  const auto feed = AnyFeed(reader);
  if (!feed) return;
  switch (Below(4)) {
    case 0:
      batch.changes.emplace_back(schemas::RemoveFeed{feed->url});
      break;
    case 1:
      batch.changes.emplace_back(schemas::SetFeedState{
          feed->url, Below(2) == 0 ? schemas::FeedState::kPaused : schemas::FeedState::kActive});
      break;
    case 2:
      batch.changes.emplace_back(schemas::EditFeed{
          .url = feed->url, .title = "Mine " + std::to_string(Below(3)), .category = {}});
      break;
    default:
      batch.changes.emplace_back(
          schemas::EditFeed{.url = feed->url,
                            .title = {},
                            .category = std::vector<std::string>{"", "walks", "bees"}[Below(3)]});
  }
}

void Life::Probe(Reader& reader, schemas::WriteBatch& batch) {
  const auto link_id = AnyLink(reader);
  if (!link_id) return;
  auto& probe = batch.probes.emplace_back();
  probe.link_id = *link_id;
  probe.state = static_cast<LinkState>(1 + Below(4));
  probe.checked_at = now_;
  probe.next_check_at = now_ + 1000;
  probe.strikes = static_cast<int>(Below(3));
  if (probe.strikes > 0) probe.struck_at = now_;
  if (probe.state == LinkState::kAlive) probe.verdict = schemas::Verdict::kAlive;
  if (Below(3) > 0) return;
  const auto entry = AnyEntry();
  probe.move = {entry.url, entry.url_key, entry.host, entry.registrable_domain};
}

void Life::Say(Reader& reader, schemas::WriteBatch& batch) {
  const auto link_id = AnyLink(reader);
  if (!link_id) return;
  if (Below(4) == 0) {
    batch.changes.emplace_back(
        schemas::DecideReports{*link_id, static_cast<schemas::ReportDecision>(Below(2))});
    return;
  }
  auto& said = batch.feedback.emplace_back();
  said.link_id = *link_id;
  said.source_id = AnySite(reader).value_or(1);
  said.given_at = now_;
  said.nonce = random_();
  said.network = Below(50);
  if (Below(2) == 0) {
    said.said = schemas::Vote{Below(2) == 0 ? schemas::VoteValue::kUp : schemas::VoteValue::kDown};
  } else {
    said.said = schemas::Report{static_cast<schemas::ReportKind>(Below(7)), ""};
  }
}

void Life::Look(Reader& reader, schemas::WriteBatch& batch) {
  const auto site_id = AnySite(reader);
  if (!site_id) return;
  auto& look = batch.looks.emplace_back();
  look.site_id = *site_id;
  look.looked_at = now_;
  look.answer = static_cast<schemas::SiteAnswer>(Below(4));
  look.words = "words " + std::to_string(Below(4));
}

void Life::Report(schemas::WriteBatch& batch) {
  batch.status = schemas::CrawlerStatus{};
  batch.status->version = "1";
  batch.status->started_at = kStart;
  batch.status->reported_at = now_;
  batch.status->feeds_due = static_cast<std::int64_t>(Below(100));
  if (Below(2) == 0) batch.status->outage_at = now_ - 60;
}

void Life::Blacklist(Reader& reader) {
  const auto site_id = AnySite(reader);
  const auto link_id = AnyLink(reader);
  const auto transaction = source_.writer().Begin(now_);
  if (site_id) {
    auto entry = schemas::BlacklistEntry();
    entry.pattern = "*.example";
    transaction->SetSiteBlacklisting(
        {*site_id, Below(2) == 0 ? std::optional(entry) : std::nullopt});
    schemas::SiteDecision decision;
    decision.site_id = *site_id;
    decision.decided_at = now_;
    decision.reason = "so it is";
    transaction->PutDecision(decision);
  }
  if (link_id) transaction->SetLinkBlacklisting({*link_id, Below(2) == 0});
  transaction->Commit(WriteTransaction::Durability::kNormal);
}

void Life::GoOn() {
  now_ += static_cast<schemas::UnixSeconds>(Below(40000));
  const auto reader = source_.OpenReader();
  if (Below(8) == 0) return Blacklist(*reader);
  schemas::WriteBatch batch;
  for (auto parts = 1 + Below(4); parts > 0; --parts) {
    const auto kind = Below(14);
    if (kind < 2) Add(batch);
    if (kind >= 2 && kind < 6) Fetch(*reader, batch);
    if (kind == 6) ChangeFeed(*reader, batch);
    if (kind >= 7 && kind < 10) Probe(*reader, batch);
    if (kind >= 10 && kind < 12) Say(*reader, batch);
    if (kind == 12) Look(*reader, batch);
    if (kind == 13) Report(batch);
  }
  const auto transaction = source_.writer().Begin(now_);
  static_cast<void>(transaction->Apply(batch));
  // One in ten is rolled back.
  if (Below(10) > 0) transaction->Commit(WriteTransaction::Durability::kNormal);
}

}  // namespace saunter::store::replica
