#include "crawler/cli/pattern_hits.h"

#include "crawler/health/blacklist.h"

namespace saunter::crawler::cli {
namespace {

constexpr std::int64_t kRowsPerRead = 5000;
constexpr std::size_t kSampleUrlsMax = 5;

void AddSample(const std::string& url, PatternHits& hits) {
  if (hits.sample_urls.size() < kSampleUrlsMax) hits.sample_urls.push_back(url);
}

std::map<std::string, PatternHits>::iterator HitsOf(std::map<std::string, PatternHits>& hits,
                                                    const health::BlacklistMatch& match) {
  return hits.find(std::string(match.pattern));
}

void CountFeeds(store::Catalogue& catalogue, const health::Blacklist& blacklist,
                std::map<std::string, PatternHits>& hits) {
  schemas::Id after = 0;
  while (true) {
    const auto feeds = catalogue.FeedUrls({after, kRowsPerRead});
    for (const auto& feed : feeds) {
      const auto match = blacklist.MatchUrl(feed.url);
      if (!match) continue;
      auto& found = HitsOf(hits, *match)->second;
      ++found.feeds;
      AddSample(feed.url, found);
    }
    if (std::ssize(feeds) < kRowsPerRead) return;
    after = feeds.back().feed_id;
  }
}

// The links of a site that URL prefixes name, or some of one that is hit as a whole.
void CountLinks(store::Catalogue& catalogue, const health::Blacklist& blacklist,
                const schemas::SiteTally& site, std::map<std::string, PatternHits>& hits) {
  const bool every = blacklist.HasPrefixes(site.host);
  const auto count_max = every ? kRowsPerRead : static_cast<std::int64_t>(kSampleUrlsMax);
  schemas::Id after = 0;
  while (true) {
    const auto links = catalogue.LinkUrls(site.site_id, {after, count_max});
    for (const auto& link : links) {
      const auto match = blacklist.MatchUrl(link.url);
      if (!match) continue;
      auto& found = HitsOf(hits, *match)->second;
      if (health::KindOf(match->pattern) == health::PatternKind::kPrefix) ++found.links;
      AddSample(link.url, found);
    }
    if (!every || std::ssize(links) < count_max) return;
    after = links.back().link_id;
  }
}

void CountSites(store::Catalogue& catalogue, const health::Blacklist& blacklist,
                std::map<std::string, PatternHits>& hits) {
  schemas::Id after = 0;
  while (true) {
    const auto sites = catalogue.Tallies({after, kRowsPerRead});
    for (const auto& site : sites) {
      const auto match = blacklist.MatchHost(site.host);
      if (match) {
        auto& found = HitsOf(hits, *match)->second;
        ++found.sites;
        found.links += site.links_unchecked + site.links_alive + site.links_unknown +
                       site.links_doubtful + site.links_dead;
      }
      if (match || blacklist.HasPrefixes(site.host)) CountLinks(catalogue, blacklist, site, hits);
    }
    if (std::ssize(sites) < kRowsPerRead) return;
    after = sites.back().site_id;
  }
}

}  // namespace

std::map<std::string, PatternHits> FindHits(store::Catalogue& catalogue,
                                            const std::vector<std::string>& patterns) {
  std::map<std::string, PatternHits> hits;
  std::vector<schemas::BlacklistEntry> entries;
  for (const auto& pattern : patterns) {
    hits.try_emplace(pattern);
    schemas::BlacklistEntry entry;
    entry.pattern = pattern;
    entries.push_back(std::move(entry));
  }
  const health::Blacklist blacklist(std::move(entries));
  CountFeeds(catalogue, blacklist, hits);
  CountSites(catalogue, blacklist, hits);
  return hits;
}

}  // namespace saunter::crawler::cli
