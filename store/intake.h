// What a feed's answer does to its entries and links: which are new, which are told anew, which go.
//
// What a feed may add is bounded (schemas::StoreSettings): links a day, sites, words, languages.
// What is beyond is left out and counted.
//
// Pure: rows in, rows changed. Thread safety: as Rows. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schemas/feed.h"
#include "schemas/link.h"
#include "store/links.h"
#include "store/rows.h"

namespace saunter::store {

// Those for which rows have to be read: all but what is as the feed listed it before.
[[nodiscard]] std::vector<const schemas::EntryIntake*> EntriesToRead(
    const EntryRows& rows, const std::vector<schemas::EntryIntake>& entries);

class Intake {
 public:
  // `before`: what the feed has added so far.
  Intake(Rows& rows, const Lister& lister, const schemas::FeedIntake& before)
      : rows_(rows), lister_(lister), intake_(before) {}

  // Takes the entries of an answer that was read, and returns how many links are new. The entries
  // live as long as the rows.
  int Take(const std::vector<schemas::EntryIntake>& entries);
  // What the feed has added with them.
  [[nodiscard]] const schemas::FeedIntake& intake() const { return intake_; }

 private:
  struct Taken {
    LinkRow* link = nullptr;  // null: a budget left it out
    bool is_new = false;
    bool is_first_listing = false;  // the feed brought the link, and did not list it any more
  };

  void BeginBudgets();
  bool TakeEntry(const schemas::EntryIntake& entry);  // true: a new link
  void Keep(EntryRow& row, const schemas::EntryIntake& entry);
  void NoteChange(EntryRow& row, schemas::Key guid_key);
  void Put(const schemas::EntryIntake& entry, const Taken& taken);
  Taken TakeLink(const schemas::EntryIntake& entry);
  void ListStanding(LinkRow& link, const schemas::EntryIntake& entry);
  [[nodiscard]] bool MayRename(const LinkRow& link, const schemas::EntryIntake& entry,
                               const EntryRow& row);
  bool Rename(LinkRow& link, const schemas::EntryIntake& entry, const EntryRow& row);
  void ForgetUnlisted();
  std::vector<schemas::Id> WordsOf(const schemas::EntryIntake& entry);
  std::optional<schemas::Id> WordOf(const std::string& name);
  bool MaySpeak(const std::string& language);

  Rows& rows_;
  const Lister& lister_;
  schemas::FeedIntake intake_;
  std::int64_t links_left_ = 0;
  EntryRows* entries_ = nullptr;  // of the feed
};

}  // namespace saunter::store
