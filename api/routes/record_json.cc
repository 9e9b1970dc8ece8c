#include "api/routes/record_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <type_traits>

#include "api/http/json.h"
#include "api/routes/json_fields.h"

namespace saunter::api::routes {
namespace {

constexpr std::size_t kDecisionsShownMax = 3;

// With three decimals, the rest cut off.
void AppendDeadShare(std::string& out, const schemas::SiteTally& tally) {
  AppendKey(out, "dead_share");
  if (!schemas::DeadShare(tally)) {
    out.append("null");
    return;
  }
  const auto thousandths = tally.links_dead * 1000 / schemas::CheckedLinks(tally);
  http::AppendNumber(out, thousandths / 1000);
  const auto fraction = std::to_string(1000 + thousandths % 1000);
  out.push_back('.');
  out.append(fraction, 1, 3);
}

// Only the newest, so that with five addresses each they fit into an answer.
void AppendDecisions(std::string& out, const std::vector<schemas::SiteDecision>& decisions) {
  AppendKey(out, "decisions");
  out.push_back('[');
  for (std::size_t i = 0; i < std::min(decisions.size(), kDecisionsShownMax); ++i) {
    if (i > 0) out.push_back(',');
    out.push_back('{');
    AppendFields(out, decisions[i]);
    out.push_back('}');
  }
  out.push_back(']');
}

void AppendTopics(std::string& out, const LinkTopics& topics) {
  out.push_back('[');
  for (std::size_t i = 0; i < topics.list.list().size(); ++i) {
    if ((topics.topics >> i & 1U) == 0) continue;
    if (out.back() != '[') out.push_back(',');
    http::AppendJsonString(out, topics.list.list()[i].name);
  }
  out.push_back(']');
}

void AppendSiteFields(std::string& out, const schemas::SiteListing& site) {
  VisitShown(site, [&](std::string_view key, const auto& field, auto... presence) {
    if (key == "site_id") return;  // readers know a site by its host
    if constexpr (std::is_same_v<decltype(field), const std::optional<double>&>) {
      AppendDeadShare(out, site);
    } else {
      AppendField(out, key, field, presence...);
    }
  });
}

void AppendFeedList(std::string& out, const std::vector<store::FeedOutline>& feeds,
                    std::size_t bytes_max) {
  AppendKey(out, "feed_list");
  out.push_back('[');
  constexpr std::size_t kEndBytes = 8;
  for (const auto& feed : feeds) {
    const auto bytes_before = out.size();
    out.append(out.back() == '[' ? "{" : ",{");
    AppendField(out, "url", feed.url, schemas::Presence::kAlways);
    AppendField(out, "title", feed.title);
    AppendField(out, "site_url", feed.site_url);
    out.push_back('}');
    if (out.size() + kEndBytes <= bytes_max) continue;
    out.resize(bytes_before);
    break;
  }
  out.push_back(']');
}

}  // namespace

void AppendLink(std::string& out, const schemas::Link& link, const LinkTopics& topics,
                LinkFields fields) {
  out.push_back('{');
  const auto begins = [&](LinkField field) {
    if (!fields.Has(field)) return false;
    AppendKey(out, ToString(field));
    return true;
  };
  if (begins(LinkField::kId)) http::AppendNumber(out, link.link_id);
  if (begins(LinkField::kUrl)) http::AppendJsonString(out, link.url);
  if (begins(LinkField::kTitle)) http::AppendJsonString(out, link.title);
  if (begins(LinkField::kSite)) http::AppendJsonString(out, link.site);
  if (begins(LinkField::kSiteTitle)) http::AppendJsonText(out, link.site_title);
  if (begins(LinkField::kFeedUrl)) http::AppendJsonText(out, link.feed_url);
  if (begins(LinkField::kAuthor)) http::AppendJsonText(out, link.author);
  if (begins(LinkField::kPublishedAt)) http::AppendJsonTime(out, link.published_at);
  if (begins(LinkField::kLanguage)) http::AppendJsonText(out, link.language);
  if (begins(LinkField::kCategories)) AppendTexts(out, link.categories);
  if (begins(LinkField::kTopics)) AppendTopics(out, topics);
  if (begins(LinkField::kSummary)) http::AppendJsonText(out, link.summary);
  if (begins(LinkField::kUpdatedAt)) http::AppendJsonTime(out, link.updated_at);
  if (begins(LinkField::kFirstSeenAt)) http::AppendNumber(out, link.first_seen_at);
  out.push_back('}');
}

void AppendSite(std::string& out, const schemas::Site& site,
                const std::vector<store::FeedOutline>& feeds, std::size_t bytes_max) {
  out.push_back('{');
  AppendSiteFields(out, site);
  AppendDecisions(out, site.decisions);
  AppendFeedList(out, feeds, bytes_max);
  out.push_back('}');
}

void AppendSiteListing(std::string& out, const schemas::SiteListing& site,
                       const std::vector<store::FeedOutline>& feeds, std::size_t bytes_max) {
  out.push_back('{');
  AppendSiteFields(out, site);
  AppendFeedList(out, feeds, bytes_max);
  out.push_back('}');
}

void AppendStats(std::string& out, const schemas::Stats& stats, std::int64_t sources) {
  out.push_back('{');
  VisitFields(stats, [&](std::string_view key, const auto& field) {
    if (key == "sites") AppendField(out, "sources", sources);
    AppendField(out, key, field);
  });
  AppendKey(out, "crawler");
  if (stats.crawler) {
    out.push_back('{');
    AppendFields(out, *stats.crawler);
    out.push_back('}');
  } else {
    out.append("null");
  }
  out.push_back('}');
}

}  // namespace saunter::api::routes
