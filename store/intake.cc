#include "store/intake.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>

namespace saunter::store {
namespace {

using schemas::EntryIntake;
using schemas::Id;

constexpr std::int64_t kDayS = 86400;

Address AddressOf(const EntryIntake& entry) {
  return {.url = entry.url,
          .url_key = entry.url_key,
          .site = entry.host,
          .registrable_domain = entry.registrable_domain};
}

bool IsKnown(const EntryRows& rows, const EntryIntake& entry) {
  const auto known = rows.find(entry.guid_key);
  return known != rows.end() && known->second.content_key == entry.content_key;
}

}  // namespace

std::vector<const EntryIntake*> EntriesToRead(const EntryRows& rows,
                                              const std::vector<EntryIntake>& entries) {
  std::vector<const EntryIntake*> unknown;
  std::unordered_set<schemas::Key> guid_keys;
  for (const auto& entry : entries) {
    if (IsKnown(rows, entry)) continue;
    unknown.push_back(&entry);
    guid_keys.insert(entry.guid_key);
  }
  if (unknown.empty() || unknown.size() == entries.size()) return unknown;
  // What a feed says twice of one post may be known now, and new once the other was taken.
  for (const auto& entry : entries) {
    if (IsKnown(rows, entry) && guid_keys.contains(entry.guid_key)) unknown.push_back(&entry);
  }
  return unknown;
}

int Intake::Take(const std::vector<EntryIntake>& entries) {
  if (entries.empty()) return 0;
  BeginBudgets();
  entries_ = &rows_.entries[lister_.feed_id];
  entries_->reserve(entries_->size() + entries.size());
  int links_new = 0;
  for (const auto& entry : entries) {
    if (IsKnown(*entries_, entry)) {
      entries_->at(entry.guid_key).is_listed_now = true;
    } else if (MaySpeak(entry.language)) {
      links_new += TakeEntry(entry) ? 1 : 0;
    } else {
      auto& without = rows_.made_entries.emplace_back(entry);
      without.language.clear();
      links_new += TakeEntry(without) ? 1 : 0;
    }
  }
  ForgetUnlisted();
  return links_new;
}

void Intake::BeginBudgets() {
  const auto& settings = rows_.settings;
  const auto before = intake_;
  intake_ = {.intake_day = rows_.now / kDayS};
  if (before.intake_day == intake_.intake_day) {
    // What is left of a first answer's budget is not for the rest of the day.
    intake_.intake_links = before.intake_links;
    links_left_ = settings.feed_links_per_day_max - before.intake_links;
  } else {
    links_left_ =
        before.intake_day ? settings.feed_links_per_day_max : settings.feed_links_first_max;
  }
}

bool Intake::TakeEntry(const EntryIntake& entry) {
  const auto known = entries_->find(entry.guid_key);
  EntryRow* row = known == entries_->end() ? nullptr : &known->second;
  LinkRow* listed = row == nullptr ? nullptr : rows_.FindLink(row->link_id);
  if (listed != nullptr && listed->ListedKey() == entry.url_key) {
    if (MayRewrite(lister_, *listed)) {
      Retell(rows_, *listed, entry, WordsOf(entry));
    } else {
      Fill(rows_, *listed, entry);
      if (listed->category_ids.empty()) AddWords(rows_, *listed, WordsOf(entry));
    }
    Keep(*row, entry);
    return false;
  }
  if (listed != nullptr && MayRename(*listed, entry, *row) && Rename(*listed, entry, *row)) {
    Keep(*row, entry);
    return false;
  }
  const auto taken = TakeLink(entry);
  if (taken.link == nullptr) {
    if (row != nullptr) row->is_listed_now = true;
    return false;
  }
  if (taken.link == listed) {
    Keep(*row, entry);
    return false;
  }
  if (listed != nullptr) {
    if (row->is_further) {
      CountFurther(*listed, lister_.site_id, -1);
    } else {
      SetListed(*listed, false);
    }
  }
  Put(entry, taken);
  // The same post under another URL: the old address goes unless another entry lists it.
  if (listed != nullptr && !listed->IsListedAtAll() && MayRewrite(lister_, *listed)) {
    RemoveLink(rows_, *listed);
  }
  return taken.is_new;
}

void Intake::Keep(EntryRow& row, const EntryIntake& entry) {
  row.content_key = entry.content_key;
  row.is_listed_now = true;
  NoteChange(row, entry.guid_key);
}

void Intake::NoteChange(EntryRow& row, schemas::Key guid_key) {
  if (row.is_changed) return;
  row.is_changed = true;
  rows_.changed_entries.push_back({.feed_id = lister_.feed_id, .guid_key = guid_key});
}

// The feed lists the link under this identity from now on.
void Intake::Put(const EntryIntake& entry, const Taken& taken) {
  const bool is_further = !taken.is_new && !taken.is_first_listing;
  if (taken.is_first_listing) SetListed(*taken.link, true);
  if (is_further) CountFurther(*taken.link, lister_.site_id, 1);
  auto& row = (*entries_)[entry.guid_key];
  row.link_id = taken.link->link_id;
  row.is_further = is_further;
  Keep(row, entry);
}

// A new link, unless it stands already or a budget has no place for it.
Intake::Taken Intake::TakeLink(const EntryIntake& entry) {
  auto* site = rows_.FindSite(entry.host);
  if (auto* link = rows_.FindLink(site, entry.url_key)) {
    const bool is_first = link->feed_id == lister_.feed_id && !link->is_listed;
    ListStanding(*link, entry);
    return {.link = link, .is_first_listing = is_first};
  }
  if (links_left_ <= 0) {
    ++intake_.links_over_day;
    return {};
  }
  if (site == nullptr) {
    if (!MayNameSite(rows_, lister_.site_id)) {
      ++intake_.links_over_sites;
      return {};
    }
    site = &AddSite(rows_, AddressOf(entry), lister_.site_id);
  }
  if (!MakeRoom(rows_, *site, lister_.site_id)) {
    ++intake_.links_over_site;
    return {};
  }
  --links_left_;
  ++intake_.intake_links;
  return {.link = &AddLink(rows_, lister_, entry, *site, WordsOf(entry)), .is_new = true};
}

// The feed did not list this link under this identity so far. A site's first word on a link that
// strangers brought replaces theirs.
void Intake::ListStanding(LinkRow& link, const EntryIntake& entry) {
  const bool own = IsOwn(lister_, link);
  if (own && !link.IsToldBySite()) {
    Retell(rows_, link, entry, WordsOf(entry));
  } else {
    Fill(rows_, link, entry);
    if (own || link.category_ids.empty()) AddWords(rows_, link, WordsOf(entry));
  }
  if (link.feed_site_id && link.feed_id == lister_.feed_id) TakeUp(link);
}

// The same post under another address of its publisher, and nobody else knows of either. What was
// found dead at the old one may live at the new one: that is another link.
bool Intake::MayRename(const LinkRow& link, const EntryIntake& entry, const EntryRow& row) {
  if (!MayRewrite(lister_, link) || !schemas::IsServable(link.state)) return false;
  if (link.registrable_domain != entry.registrable_domain) return false;
  const auto* other = rows_.FindLink(rows_.FindSite(entry.host), entry.url_key);
  if (other != nullptr && other != &link) return false;
  return row.is_further ? !link.is_listed && link.further == 1 : link.further == 0;
}

bool Intake::Rename(LinkRow& link, const EntryIntake& entry, const EntryRow& row) {
  if (!MoveLink(rows_, link, AddressOf(entry))) return false;
  // No other entry lists it.
  link.further_by_site = row.is_further && lister_.site_id == link.site_id ? 1 : 0;
  link.listed_key.reset();
  Retell(rows_, link, entry, WordsOf(entry));
  return true;
}

// Most feeds list few of their posts at a time, and what they listed before is worth knowing: who
// speaks for a post. It goes where it would be too much, as with a feed that never repeats a guid.
void Intake::ForgetUnlisted() {
  if (std::ssize(*entries_) <= rows_.settings.feed_entries_max) return;
  std::erase_if(*entries_, [&](const auto& listed) {
    const auto& [guid_key, row] = listed;
    if (row.is_listed_now) return false;
    rows_.forgotten.push_back({.feed_id = lister_.feed_id, .guid_key = guid_key});
    auto* link = rows_.FindLink(row.link_id);
    if (link == nullptr) {
      if (!row.is_further) rows_.unlisted.push_back(row.link_id);
    } else if (row.is_further) {
      CountFurther(*link, lister_.site_id, -1);
    } else {
      SetListed(*link, false);
    }
    return true;
  });
}

std::vector<Id> Intake::WordsOf(const EntryIntake& entry) {
  std::vector<Id> ids;
  ids.reserve(entry.categories.size());
  for (const auto& name : entry.categories) {
    if (const auto category_id = WordOf(name)) ids.push_back(*category_id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// Nothing: it would be one too many.
std::optional<Id> Intake::WordOf(const std::string& name) {
  auto& known = rows_.names.categories;
  if (const auto word = known.find(name); word != known.end()) return word->second;
  const auto named = rows_.feed_names.find(lister_.feed_id);
  assert(named != rows_.feed_names.end());
  if (named == rows_.feed_names.end() || named->second.words >= rows_.settings.feed_words_max) {
    ++intake_.words_over;
    return std::nullopt;
  }
  ++named->second.words;
  const Id category_id = rows_.next_category_id++;
  known.emplace(name, category_id);
  rows_.new_words.push_back({.category_id = category_id, .name = name, .feed_id = lister_.feed_id});
  return category_id;
}

// False: it is one language too many.
bool Intake::MaySpeak(const std::string& language) {
  auto& known = rows_.names.languages;
  if (language.empty() || known.contains(language)) return true;
  const auto named = rows_.feed_names.find(lister_.feed_id);
  assert(named != rows_.feed_names.end());
  if (named == rows_.feed_names.end() || rows_.languages >= rows_.settings.languages_max ||
      named->second.languages >= rows_.settings.feed_languages_max) {
    ++intake_.languages_over;
    return false;
  }
  ++rows_.languages;
  ++named->second.languages;
  known.insert(language);
  rows_.new_languages.push_back({.language = language, .feed_id = lister_.feed_id});
  return true;
}

}  // namespace saunter::store
