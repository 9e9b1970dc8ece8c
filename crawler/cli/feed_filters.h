// The filters by which commands choose among thousands of feeds.
//
// Thread safety: one thread. Errors: a text for a person; StoreError from the reader.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

#include "schemas/units.h"
#include "store/feed_selection.h"
#include "store/reader.h"

namespace saunter::crawler::cli {

// As they stand on the command line.
struct FeedFilters {
  bool is_failing = false;
  std::vector<std::string> outcomes;
  std::vector<std::string> hosts;
  std::vector<std::string> states;
  std::vector<std::string> categories;
  std::vector<std::string> languages;
  std::string silent_since;
  std::string new_since;

  // None is given.
  [[nodiscard]] bool IsEmpty() const;
};

// `category_names`: "--category", or what stands in its place where that is for something else.
void AddFeedFilters(CLI::App& command, FeedFilters& filters, const std::string& category_names);

// What the words alone say, all but hosts. Returns what is wrong with them, if anything.
[[nodiscard]] std::optional<std::string> ReadFilters(const FeedFilters& filters,
                                                     schemas::UnixSeconds now,
                                                     store::FeedSelection& selection);

// "added", "links", …; empty leaves it as it is. Returns what is wrong, if anything.
[[nodiscard]] std::optional<std::string> ReadOrder(const std::string& name,
                                                   store::FeedSelection& selection);

// Finds the sites of the hosts, and makes sure that there is any feed of each category and
// language. Returns what there is not, if anything.
[[nodiscard]] std::optional<std::string> ResolveFilters(const FeedFilters& filters,
                                                        store::Reader& reader,
                                                        store::FeedSelection& selection);

// The sites of a host or a tenant; "*.example.org" names all that end with it, too.
[[nodiscard]] std::vector<schemas::Id> SitesOf(const std::string& host, store::Reader& reader);

}  // namespace saunter::crawler::cli
