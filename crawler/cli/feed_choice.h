// Which feeds a command is about: by their addresses, by hosts and sites, by filters, or by lines
// on standard input.
//
// Thread safety: one thread. Errors: stderr says what names no feed; StoreError from the reader.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crawler/cli/command_line.h"
#include "crawler/cli/feed_filters.h"
#include "schemas/units.h"
#include "store/feed_selection.h"
#include "store/reader.h"

namespace saunter::crawler::cli {

struct FeedArguments {
  std::vector<std::string> addresses;  // "-": one a line on standard input
  FeedFilters filters;
  bool is_all = false;
};

// What people give for a feed.
void AddFeedArguments(CLI::App& command, FeedArguments& arguments,
                      const std::string& category_names);

struct ChosenFeeds {
  std::vector<schemas::Id> feed_ids;   // each once
  std::vector<std::string> not_found;  // addresses that name no feed
  std::int64_t bad_lines = 0;          // of standard input
  std::optional<ExitCode> end;         // the command ends here, and stderr says why

  // What a command returns that did all that it could.
  [[nodiscard]] ExitCode Done() const {
    return not_found.empty() && bad_lines == 0 ? ExitCode::kDone : ExitCode::kPartlyFailed;
  }
};

// Without addresses: all feeds that fit; else those that they name and that fit. In the order of
// `selection`, which may carry one.
[[nodiscard]] ChosenFeeds ChooseFeeds(const FeedArguments& arguments, store::Reader& reader,
                                      store::FeedSelection selection = {});

// The feed that is stored under this address, with http or https, with or without "www."; also
// where no scheme is written.
[[nodiscard]] std::optional<schemas::Id> FindFeedId(const std::string& address,
                                                    store::Reader& reader);
// That feed; else, if this is a site's address ("example.org", "https://example.org/"), the feeds
// that stand on the site.
[[nodiscard]] std::vector<schemas::Id> FeedsAt(const std::string& address, store::Reader& reader);
// Why the address finds nothing, and what may.
[[nodiscard]] std::string NoSuchFeed(const std::string& address, store::Reader& reader);

}  // namespace saunter::crawler::cli
