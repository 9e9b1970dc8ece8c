#include "api/routes/listings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "api/http/json.h"
#include "api/http/markup.h"
#include "api/routes/record_json.h"
#include "schemas/text.h"

namespace saunter::api::routes {
namespace {

struct Count {
  std::int64_t links = 0;
  std::int64_t sites = 0;
};
using Counts = std::unordered_map<std::uint32_t, Count>;
using KeyOnSite = std::pair<std::uint32_t, schemas::Id>;

// Calls visit(source, facet, add) for all facets; add(key) counts the facet's links for a key, and
// its site, which counts once for a key.
template <typename Visit>
Counts CountFacets(const index::LinkIndex& index, Visit&& visit) {
  Counts counts;
  std::vector<KeyOnSite> on_shared_sites;
  std::vector<std::uint32_t> keys;
  index.sources.ForEach([&](std::size_t, const index::SourceLinks& source) {
    const bool is_alone =
        !source.HasOtherSites() && index.sites.SourcesOf(source.source_id()).size() == 1;
    keys.clear();
    for (const auto& facet : source.facets()) {
      const auto links = std::int64_t{facet.links_end} - source.LinksBegin(facet);
      visit(source, facet, [&](std::uint32_t key) {
        counts[key].links += links;
        if (is_alone) {
          keys.push_back(key);
        } else {
          on_shared_sites.emplace_back(key, source.SiteOf(facet));
        }
      });
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const auto key : keys) ++counts[key].sites;
  });
  std::sort(on_shared_sites.begin(), on_shared_sites.end());
  const auto end = std::unique(on_shared_sites.begin(), on_shared_sites.end());
  for (auto at = on_shared_sites.begin(); at != end; ++at) ++counts[at->first].sites;
  return counts;
}

Counts CountCategories(const index::LinkIndex& index) {
  return CountFacets(index,
                     [](const index::SourceLinks& source, const index::Facet& facet, auto&& add) {
                       for (const auto category : source.CategoriesOf(facet)) add(category);
                     });
}

Counts CountTopics(const index::LinkIndex& index) {
  return CountFacets(index, [](const index::SourceLinks&, const index::Facet& facet, auto&& add) {
    for (std::uint32_t bit = 0; bit < schemas::topics::kTopicsMax; ++bit) {
      if ((facet.topics >> bit & 1U) != 0) add(bit);
    }
  });
}

Counts CountLanguages(const index::LinkIndex& index) {
  return CountFacets(index, [](const index::SourceLinks&, const index::Facet& facet, auto&& add) {
    add(facet.language);
  });
}

struct Row {
  std::string_view name;
  Count count;
};

// Appends the list to `body`, which ends just before the list's key.
std::string ListRows(std::string body, std::string_view list_key, std::string_view name_key,
                     std::vector<Row>& rows, std::size_t bytes_max) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.count.links != b.count.links ? a.count.links > b.count.links : a.name < b.name;
  });
  body.push_back('"');
  body.append(list_key).append("\":[");
  constexpr std::size_t kEndBytes = 64;
  std::string item;
  for (const auto& row : rows) {
    item = body.back() == '[' ? "{\"" : ",{\"";
    item.append(name_key).append("\":");
    http::AppendJsonText(item, row.name);
    item.append(",\"links\":");
    http::AppendNumber(item, row.count.links);
    item.append(",\"sites\":");
    http::AppendNumber(item, row.count.sites);
    item.push_back('}');
    if (body.size() + item.size() + kEndBytes > bytes_max) break;
    body.append(item);
  }
  body.append("],\"total\":");
  http::AppendNumber(body, static_cast<std::int64_t>(rows.size()));
  body.append("}\n");
  return body;
}

// Begins the object: {"topics":[…],
std::string ListTopics(const index::LinkIndex& index) {
  auto counts = CountTopics(index);
  std::string body = "{\"topics\":[";
  const auto& list = index.topics->list();
  for (std::uint32_t bit = 0; bit < list.size(); ++bit) {
    body.append(bit == 0 ? "{\"name\":" : ",{\"name\":");
    http::AppendJsonString(body, list[bit].name);
    body.append(",\"label\":");
    http::AppendJsonString(body, list[bit].label);
    body.append(",\"group\":");
    http::AppendJsonText(body, list[bit].group);
    body.append(",\"links\":");
    http::AppendNumber(body, counts[bit].links);
    body.append(",\"sites\":");
    http::AppendNumber(body, counts[bit].sites);
    body.push_back('}');
  }
  body.append("],");
  return body;
}

// RFC 3339
std::string Timestamp(schemas::UnixSeconds time) {
  constexpr schemas::UnixSeconds kYear9999 = 253402300799;
  const std::time_t clamped = std::clamp<schemas::UnixSeconds>(time, 0, kYear9999);
  std::tm parts{};
  gmtime_r(&clamped, &parts);
  std::array<char, 32> text;
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

std::string AtomEntry(const schemas::Link& link, schemas::UnixSeconds updated_at) {
  std::string entry = "<entry><id>";
  http::AppendMarkup(entry, link.url);
  entry.append("</id><link rel=\"alternate\" href=\"");
  http::AppendMarkup(entry, link.url);
  entry.append("\"/><title>");
  http::AppendMarkup(entry, link.title);
  entry.append("</title><updated>");
  entry.append(Timestamp(updated_at)).append("</updated>");
  if (link.published_at) {
    entry.append("<published>").append(Timestamp(*link.published_at)).append("</published>");
  }
  // RFC 4287, 4.1.2: where the feed has no author, each entry needs one.
  entry.append("<author><name>");
  http::AppendMarkup(entry, link.author.empty() ? link.site : link.author);
  entry.append("</name></author>");
  for (const auto& category : link.categories) {
    entry.append("<category term=\"");
    http::AppendMarkup(entry, category);
    entry.append("\"/>");
  }
  if (!link.summary.empty()) {
    entry.append("<summary>");
    http::AppendMarkup(entry, link.summary);
    entry.append("</summary>");
  }
  entry.append("</entry>\n");
  return entry;
}

constexpr std::string_view kAtomEnd = "</feed>\n";

// RFC 4287, 4.1.1
std::string AtomHead(const FeedIdentity::Names& names, std::string_view title,
                     schemas::UnixSeconds updated_at) {
  std::string feed =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>";
  http::AppendMarkup(feed, names.id);
  feed.append("</id><title>Saunter: ").append(title).append("</title>\n");
  feed.append("<link rel=\"self\" type=\"application/atom+xml\" href=\"");
  http::AppendMarkup(feed, names.self);
  feed.append("\"/>\n<updated>");
  feed.append(Timestamp(updated_at)).append("</updated>\n");
  return feed;
}

}  // namespace

std::string ListCategories(const index::LinkIndex& index, std::size_t bytes_max) {
  const auto counts = CountCategories(index);
  std::vector<Row> rows;
  index.categories.ForEach([&](const std::string& name, std::uint32_t number) {
    const auto found = counts.find(number);
    if (found != counts.end()) rows.push_back({name, found->second});
  });
  return ListRows(ListTopics(index), "categories", "name", rows, bytes_max);
}

std::string ListLanguages(const index::LinkIndex& index, std::size_t bytes_max) {
  std::vector<Row> rows;
  for (const auto& [number, count] : CountLanguages(index)) {
    rows.push_back({index.languages[number], count});
  }
  return ListRows("{", "languages", "language", rows, bytes_max);
}

std::string AtomFeed(const std::vector<schemas::Link>& links, const FeedIdentity::Names& names,
                     std::size_t bytes_max) {
  schemas::UnixSeconds newest = 0;
  for (const auto& link : links) newest = std::max(newest, link.first_seen_at);
  auto feed = AtomHead(names, "new posts", newest);
  for (const auto& link : links) {
    const auto published_at = link.published_at.value_or(link.first_seen_at);
    const auto entry = AtomEntry(link, link.updated_at.value_or(published_at));
    if (feed.size() + entry.size() + kAtomEnd.size() > bytes_max) break;
    feed.append(entry);
  }
  feed.append(kAtomEnd);
  return feed;
}

std::string DailyFeed(const std::vector<schemas::Link>& links, const FeedIdentity::Names& names,
                      schemas::UnixSeconds day_at, std::size_t bytes_max) {
  auto feed = AtomHead(names, "posts of " + Timestamp(day_at).substr(0, 10), day_at);
  for (const auto& link : links) {
    const auto entry = AtomEntry(link, day_at);
    if (feed.size() + entry.size() + kAtomEnd.size() > bytes_max) break;
    feed.append(entry);
  }
  feed.append(kAtomEnd);
  return feed;
}

void OpmlWriter::Add(const store::FeedOutline& feed) {
  auto& out = folders_[feed.category];
  out.append("<outline type=\"rss\" text=\"");
  http::AppendMarkup(out, feed.title.empty() ? feed.url : feed.title);
  out.append("\" xmlUrl=\"");
  http::AppendMarkup(out, feed.url);
  if (!feed.site_url.empty()) {
    out.append("\" htmlUrl=\"");
    http::AppendMarkup(out, feed.site_url);
  }
  out.append("\"/>\n");
}

std::string OpmlWriter::Finish() {
  std::string opml =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<opml version=\"2.0\"><head><title>Saunter: the feeds it reads</title></head><body>\n";
  for (const auto& [category, outlines] : folders_) {
    if (!category.empty()) {
      opml.append("<outline text=\"");
      http::AppendMarkup(opml, category);
      opml.append("\">\n");
    }
    opml.append(outlines);
    if (!category.empty()) opml.append("</outline>\n");
  }
  opml.append("</body></opml>\n");
  return opml;
}

}  // namespace saunter::api::routes
