#include "api/listings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <unordered_map>

#include "api/json.h"

namespace saunter::api {
namespace {

struct Count {
  std::int64_t links = 0;
  std::int64_t sites = 0;
};
using Counts = std::unordered_map<std::uint32_t, Count>;

// Adds one site's counts, so that each site counts once.
void AddSite(const std::unordered_map<std::uint32_t, std::int64_t>& links, Counts& counts) {
  for (const auto& [number, count] : links) {
    auto& sum = counts[number];
    sum.links += count;
    ++sum.sites;
  }
}

Counts CountCategories(const LinkIndex& index) {
  Counts counts;
  for (const auto site_id : index.sites_by_size) {
    const auto& site = *index.sites[site_id];
    std::unordered_map<std::uint32_t, std::int64_t> links;
    for (const auto& link : site.links) {
      const auto& facet = site.facets[link.facet];
      for (auto i = facet.categories_begin; i < facet.categories_end; ++i) {
        ++links[site.categories[i]];
      }
    }
    AddSite(links, counts);
  }
  return counts;
}

Counts CountLanguages(const LinkIndex& index) {
  Counts counts;
  for (const auto site_id : index.sites_by_size) {
    const auto& site = *index.sites[site_id];
    std::unordered_map<std::uint32_t, std::int64_t> links;
    for (const auto& link : site.links) ++links[site.facets[link.facet].language];
    AddSite(links, counts);
  }
  return counts;
}

struct Row {
  std::string_view name;
  Count count;
};

std::string ListRows(std::string_view list_key, std::string_view name_key, std::vector<Row>& rows,
                     std::size_t bytes_max) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.count.links != b.count.links ? a.count.links > b.count.links : a.name < b.name;
  });
  std::string body = "{\"";
  body.append(list_key).append("\":[");
  constexpr std::size_t kEndBytes = 64;
  std::string item;
  for (const auto& row : rows) {
    item = body.back() == '[' ? "{\"" : ",{\"";
    item.append(name_key).append("\":");
    AppendJsonText(item, row.name);
    item.append(",\"links\":");
    AppendNumber(item, row.count.links);
    item.append(",\"sites\":");
    AppendNumber(item, row.count.sites);
    item.push_back('}');
    if (body.size() + item.size() + kEndBytes > bytes_max) break;
    body.append(item);
  }
  body.append("],\"total\":");
  AppendNumber(body, static_cast<std::int64_t>(rows.size()));
  body.append("}\n");
  return body;
}

// Text of an element or attribute; what XML 1.0 cannot hold is left out.
void AppendXml(std::string& out, std::string_view text) {
  std::string quoted;
  AppendJsonString(quoted, text);  // makes it UTF-8
  if (!IsUtf8(text)) text = std::string_view(quoted).substr(1, quoted.size() - 2);
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out.push_back(c);
    }
  }
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

std::string AtomEntry(const schemas::Link& link) {
  std::string entry = "<entry><id>";
  AppendXml(entry, link.url);
  entry.append("</id><link rel=\"alternate\" href=\"");
  AppendXml(entry, link.url);
  entry.append("\"/><title>");
  AppendXml(entry, link.title);
  entry.append("</title><updated>");
  const auto published_at = link.published_at.value_or(link.first_seen_at);
  entry.append(Timestamp(link.updated_at.value_or(published_at)));
  entry.append("</updated>");
  if (link.published_at) {
    entry.append("<published>").append(Timestamp(published_at)).append("</published>");
  }
  // RFC 4287, 4.1.2: an entry without an author in a feed without one needs one.
  entry.append("<author><name>");
  AppendXml(entry, link.author.empty() ? link.site : link.author);
  entry.append("</name></author>");
  for (const auto& category : link.categories) {
    entry.append("<category term=\"");
    AppendXml(entry, category);
    entry.append("\"/>");
  }
  if (!link.summary.empty()) {
    entry.append("<summary>");
    AppendXml(entry, link.summary);
    entry.append("</summary>");
  }
  entry.append("</entry>\n");
  return entry;
}

}  // namespace

std::string ListCategories(const LinkIndex& index, std::size_t bytes_max) {
  const auto counts = CountCategories(index);
  std::vector<Row> rows;
  for (const auto& [name, number] : *index.categories) {
    const auto found = counts.find(number);
    if (found != counts.end()) rows.push_back({name, found->second});
  }
  return ListRows("categories", "name", rows, bytes_max);
}

std::string ListLanguages(const LinkIndex& index, std::size_t bytes_max) {
  std::vector<Row> rows;
  for (const auto& [number, count] : CountLanguages(index)) {
    rows.push_back({index.languages[number], count});
  }
  return ListRows("languages", "language", rows, bytes_max);
}

std::string AtomFeed(const std::vector<schemas::Link>& links, std::size_t bytes_max) {
  constexpr std::string_view kEnd = "</feed>\n";
  std::string feed =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
      "<id>urn:saunter:recent</id><title>Saunter: new posts</title>\n<updated>";
  schemas::UnixSeconds newest = 0;
  for (const auto& link : links) newest = std::max(newest, link.first_seen_at);
  feed.append(Timestamp(newest)).append("</updated>\n");
  for (const auto& link : links) {
    const auto entry = AtomEntry(link);
    if (feed.size() + entry.size() + kEnd.size() > bytes_max) break;
    feed.append(entry);
  }
  feed.append(kEnd);
  return feed;
}

}  // namespace saunter::api
