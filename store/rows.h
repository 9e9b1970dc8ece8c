// The rows that a part of a batch is about, in memory, and what is decided of them.
//
// An engine reads them in bulk before anything is decided; the rules (store/links.h,
// store/intake.h) look nowhere else, change them here, and the engine writes in bulk what has
// changed. What was to be read and is not here is not in the database.
//
// Thread safety: values, no sharing. Ownership: names and entries are views into the batch or into
// `texts`, and `sites`, `categories` and `languages` are the engine's, which may know more of them
// than was asked for.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/units.h"

namespace saunter::store {

struct SiteRow {
  schemas::Id site_id = 0;
  bool is_blacklisted = false;
  bool has_feed = false;
  std::int64_t links = 0;  // at the most: those that went with a removed feed are not taken off
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
template <typename Value>
using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

// Known sites by their names, words by theirs, and languages.
struct Names {
  ByText<SiteRow> sites;
  ByText<schemas::Id> categories;
  std::unordered_set<std::string, TextHash, std::equal_to<>> languages;
};

// A site that nobody knew. `named_by`: the source in whose budget it is.
struct NewSite {
  schemas::Id site_id = 0;
  std::string_view name;
  std::string_view registrable_domain;
  std::optional<schemas::Id> named_by;
};
struct NewWord {
  schemas::Id category_id = 0;
  std::string_view name;
  schemas::Id feed_id = 0;  // that named it first
};
struct NewLanguage {
  std::string_view language;
  schemas::Id feed_id = 0;
};

// What of a link's row differs from what stands in the database, apart from what is told of it.
struct LinkChanges {
  bool address = false;  // site_id, url_key, listed_key
  bool source = false;   // source_id, feed_site_id
  bool listing = false;  // is_listed
  bool words = false;    // category_ids
};

// What nobody has said of a link so far.
struct Absent {
  bool published_at = false;
  bool updated_at = false;
  bool language = false;
  bool author = false;
  bool summary = false;
};

// A link that stands, or a new one.
struct LinkRow {
  schemas::Id link_id = 0;
  schemas::Id site_id = 0;
  std::string_view site;  // its name
  std::string_view registrable_domain;
  schemas::Key url_key = 0;
  std::optional<schemas::Key> listed_key;  // under which feeds list it, if it has moved since
  schemas::Id source_id = 0;
  schemas::Id feed_id = 0;                    // that brought it
  std::optional<schemas::Id> lister_site_id;  // of that feed; absent: it is gone
  std::optional<schemas::Id> feed_site_id;    // of that feed's address when it left that
  bool is_listed = false;                     // by the feed that brought it
  std::int64_t further = 0;                   // other entries that list it, or some of very many
  std::int64_t further_by_site = 0;           // of feeds of its own site among those
  bool site_has_feed = false;
  bool is_blacklisted = false;  // itself
  bool site_is_blacklisted = false;
  schemas::LinkState state = schemas::LinkState::kUnchecked;
  std::vector<schemas::Id> category_ids;  // in their order
  Absent absent;

  bool is_new = false;
  bool is_removed = false;
  bool was_in_pool = false;  // when it was read
  LinkChanges changes;
  std::string_view url;                        // that it shall have; empty: as it stood
  const schemas::EntryIntake* told = nullptr;  // whose word counts now; null: as it stood
  schemas::UnixSeconds next_check_at = 0;      // of a new one
  schemas::EntryIntake* filled = nullptr;      // what is told where nothing stood, and no more

  [[nodiscard]] schemas::Key ListedKey() const { return listed_key.value_or(url_key); }
  // A feed of its own site brought it or lists it.
  [[nodiscard]] bool IsToldBySite() const {
    return lister_site_id == site_id || further_by_site > 0;
  }
  [[nodiscard]] bool IsListedAtAll() const { return is_listed || further > 0; }
  [[nodiscard]] bool IsInPool() const {
    return schemas::IsServable(state) && !is_blacklisted && !site_is_blacklisted;
  }
};

// How a feed lists a link.
struct EntryRow {
  schemas::Id link_id = 0;
  schemas::Key content_key = 0;
  bool is_further = false;     // not the one by which the feed lists a link that it brought
  bool is_listed_now = false;  // by the answer that is written
  bool is_changed = false;
  bool is_stored = false;  // it was read
};
using EntryRows = std::unordered_map<schemas::Key, EntryRow>;  // by guid_key

struct EntryKey {
  schemas::Id feed_id = 0;
  schemas::Key guid_key = 0;
};

// What a feed has named so far.
struct FeedNames {
  std::int64_t words = 0;
  std::int64_t languages = 0;
};

// Links of a full site that can go, what goes first standing first, each once.
struct Room {
  std::vector<schemas::Id> unlisted;        // that nobody lists, dead ones first
  std::vector<schemas::Id> only_strangers;  // that its own feeds neither brought nor list
};

struct SiteKeyHash {
  std::size_t operator()(const std::pair<schemas::Id, schemas::Key>& key) const {
    return std::hash<schemas::Key>()(key.second ^ (key.first << 20));
  }
};

using StateDeltas = std::array<std::int64_t, schemas::kLinkStateCount>;

struct Rows {
  Rows(Names& known, const schemas::StoreSettings& limits, schemas::UnixSeconds at)
      : names(known), settings(limits), now(at) {}

  // Null: there is none, or it was removed.
  [[nodiscard]] SiteRow* FindSite(std::string_view name) {
    const auto found = names.sites.find(name);
    return found == names.sites.end() ? nullptr : &found->second;
  }
  [[nodiscard]] LinkRow* FindLink(schemas::Id link_id);
  // The link of a site that has this key.
  [[nodiscard]] LinkRow* FindLink(const SiteRow* site, schemas::Key url_key);

  Names& names;
  const schemas::StoreSettings& settings;
  schemas::UnixSeconds now;

  // Read by the engine.
  std::unordered_map<std::pair<schemas::Id, schemas::Key>, schemas::Id, SiteKeyHash> link_ids;
  std::unordered_map<schemas::Id, LinkRow> links;
  std::unordered_map<schemas::Id, EntryRows> entries;         // of a feed
  std::unordered_map<schemas::Id, FeedNames> feed_names;      // of feeds that name something new
  std::unordered_map<schemas::Id, std::int64_t> sites_named;  // by sources that do
  std::unordered_map<schemas::Id, Room> rooms;                // of sites that are full, or nearly
  std::int64_t languages = 0;                                 // of all
  std::int64_t removals_left = 0;                             // that may still make room
  schemas::Id next_link_id = 0;
  schemas::Id next_site_id = 0;
  schemas::Id next_category_id = 0;
  std::deque<std::string> texts;  // of names that stand in no batch

  // Decided. Links and entries carry their changes themselves.
  std::deque<LinkRow> new_links;  // by link_id, without gaps
  std::vector<NewSite> new_sites;
  std::vector<NewWord> new_words;
  std::vector<NewLanguage> new_languages;
  std::vector<EntryKey> changed_entries;  // each once
  std::vector<EntryKey> forgotten;
  std::vector<schemas::Id> unlisted;  // links that are not here: their first entry was forgotten
  std::vector<std::pair<schemas::Id, schemas::Id>> entries_given;  // to the first, by the second
  std::vector<schemas::Id> emptied;  // links whose entries go with them
  std::unordered_map<schemas::Id, StateDeltas> site_deltas;
  std::unordered_map<schemas::Id, std::int64_t> category_deltas;  // links that use it
  std::vector<schemas::Id> judged_sites;          // where something changed that may be judged
  std::deque<schemas::EntryIntake> made_entries;  // of words that stand in no batch as they are
  std::int64_t links_new = 0;
};

}  // namespace saunter::store
