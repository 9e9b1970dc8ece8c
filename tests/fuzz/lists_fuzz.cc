// Bytes to the feeds of a list and, as a page, to those that it names. The first byte picks the
// pieces that they come in; the first line of the rest is the page's Link header, and its URL.

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "crawler/lists/addresses.h"
#include "crawler/lists/discovery.h"
#include "crawler/lists/outlines.h"
#include "tests/fuzz/invariants.h"

namespace {

using saunter::crawler::lists::Outline;
using saunter::crawler::lists::OutlineList;
using saunter::fuzz::IsStorableText;
using saunter::fuzz::IsStorableUrl;
using saunter::fuzz::Require;

// What is taken between the pieces, in one list.
OutlineList ReadInPieces(std::string_view bytes, std::size_t piece_bytes) {
  saunter::crawler::lists::OutlineReader reader;
  OutlineList list;
  const auto take = [&] {
    OutlineList more = reader.Take();
    std::move(more.outlines.begin(), more.outlines.end(), std::back_inserter(list.outlines));
    std::move(more.problems.begin(), more.problems.end(), std::back_inserter(list.problems));
    list.format = more.format;
    list.title = std::move(more.title);
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_bytes, bytes.size()))) {
    reader.Add(bytes.substr(0, piece_bytes));
    take();
  }
  reader.End();
  take();
  return list;
}

auto FieldsOf(const Outline& outline) {
  return std::tie(outline.url, outline.title, outline.site_url, outline.category, outline.line);
}

void RequireSameLists(const OutlineList& one, const OutlineList& other) {
  Require(one.format == other.format && one.title == other.title, "pieces make the same list");
  Require(
      std::ranges::equal(one.outlines, other.outlines,
                         [](const auto& a, const auto& b) { return FieldsOf(a) == FieldsOf(b); }),
      "pieces make the same outlines");
  Require(std::ranges::equal(one.problems, other.problems,
                             [](const auto& a, const auto& b) {
                               return a.line == b.line && a.message == b.message;
                             }),
          "pieces make the same problems");
}

void RequireStorable(const OutlineList& list) {
  Require(IsStorableText(list.title), "the title of a list is storable");
  for (const auto& outline : list.outlines) {
    Require(!outline.url.empty() && outline.line > 0, "an outline has a URL and a line");
    Require(IsStorableText(outline.title) && IsStorableText(outline.category),
            "text of an outline is storable");
  }
  for (const auto& problem : list.problems) {
    Require(problem.line > 0 && IsStorableText(problem.message), "a problem can be shown");
  }
}

// An entity in a title would be decoded once more, and a URL stands in for the title that lacks.
bool StaysAsItIs(const Outline& outline) {
  const std::string& title = outline.title.empty() ? outline.url : outline.title;
  return IsStorableUrl(outline.url) && title.find('&') == std::string::npos &&
         outline.category.find('&') == std::string::npos;
}

void RequireReadAsWritten(std::vector<Outline> outlines) {
  using Fields = std::tuple<std::string, std::string, std::string>;
  std::erase_if(outlines, [](const Outline& outline) { return !StaysAsItIs(outline); });
  std::multiset<Fields> written;
  for (const auto& outline : outlines) {
    written.emplace(outline.url, outline.title.empty() ? outline.url : outline.title,
                    outline.category);
  }
  std::multiset<Fields> read;
  const OutlineList again =
      saunter::crawler::lists::ReadOutlines(saunter::crawler::lists::WriteOpml("feeds", outlines));
  for (const auto& outline : again.outlines) {
    read.emplace(outline.url, outline.title, outline.category);
  }
  Require(again.problems.empty() && written == read, "a list is read as it was written");
}

void RequireCandidates(std::string_view body, std::string_view link) {
  const auto found = saunter::crawler::lists::DiscoverFeeds(
      {body, "https://blog.example/posts/1", std::string(link)});
  std::set<std::string> seen;
  for (const auto& candidate : found.candidates) {
    Require(IsStorableUrl(candidate.url), "a candidate can be asked for");
    Require(IsStorableText(candidate.title), "the title of a candidate is storable");
    Require(seen.insert(candidate.url).second, "a candidate is named once");
  }
  Require(found.refresh_url.empty() || IsStorableUrl(found.refresh_url),
          "a refresh leads to a page");
  for (const auto& url : saunter::crawler::lists::WellKnownFeedUrls(link)) {
    Require(IsStorableUrl(url), "a usual place can be asked for");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const OutlineList list = saunter::crawler::lists::ReadOutlines(bytes);
  RequireStorable(list);
  RequireSameLists(list, ReadInPieces(bytes, data[0] + std::size_t{1}));
  RequireReadAsWritten(list.outlines);
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  RequireCandidates(bytes, line);
  return 0;
}
