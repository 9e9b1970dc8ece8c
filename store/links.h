// What may happen to a link: who may say what of it, which source it counts for, where it may
// stand, and when it goes.
//
// Evidence has an owner. A site's own feeds speak for its links; while it has none, the feed that
// brought a link does; everybody else adds what nobody has said.
//
// Pure: rows in, rows changed. Thread safety: as Rows. Errors: none; what a budget forbids is
// false.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/link.h"
#include "schemas/units.h"
#include "store/rows.h"

namespace saunter::store {

// The feed that lists what is written.
struct Lister {
  schemas::Id feed_id = 0;
  schemas::Id site_id = 0;
  std::string host;
  std::string speaks_for = {};  // as in CrawlResult
  bool starts_anew = false;     // what its old address listed was forgotten
};

// Where a link stands, or shall stand.
struct Address {
  std::string_view url;
  schemas::Key url_key = 0;
  std::string_view site;  // its name
  std::string_view registrable_domain;
};

// A full site is walked for what can go, so that it makes room for several links at a time.
inline std::int64_t RoomAtOnce(std::int64_t site_links_max) {
  return std::max<std::int64_t>(1, site_links_max / 100);
}

// The place of a state's count among those of a site.
inline std::size_t IndexOf(schemas::LinkState state) { return static_cast<std::size_t>(state); }

// Whether the feed is one of the link's own site.
[[nodiscard]] bool IsOwn(const Lister& lister, const LinkRow& link);
// Whether this feed's word on the link goes before others'.
[[nodiscard]] bool MayRewrite(const Lister& lister, const LinkRow& link);
// Its own site if that has a feed, else the site of the feed that brought it, as that stood then.
[[nodiscard]] schemas::Id SourceOf(const LinkRow& link);

// A site that nobody knew.
SiteRow& AddSite(Rows& rows, const Address& address, schemas::Id named_by);
// Whether a source may be the first to name another site; not if it was not read what it has named.
[[nodiscard]] bool MayNameSite(const Rows& rows, schemas::Id source_id);
// True if the site may have another link, which a feed of that other site lists: it has a place, or
// what nobody lists has made it one.
[[nodiscard]] bool MakeRoom(Rows& rows, SiteRow& site, schemas::Id lister_site_id);

LinkRow& AddLink(Rows& rows, const Lister& lister, const schemas::EntryIntake& entry, SiteRow& site,
                 std::vector<schemas::Id> category_ids);
// The entry's word replaces what stood.
void Retell(Rows& rows, LinkRow& link, const schemas::EntryIntake& entry,
            std::vector<schemas::Id> category_ids);
// What nobody has said so far. Words are not among it.
void Fill(Rows& rows, LinkRow& link, const schemas::EntryIntake& entry);
void AddWords(Rows& rows, LinkRow& link, const std::vector<schemas::Id>& category_ids);
// Takes those words away that stand in `before`, and adds `after`, if there is one.
void ReplaceWords(Rows& rows, LinkRow& link, const std::vector<schemas::Id>& before,
                  std::optional<schemas::Id> after);
void SetListed(LinkRow& link, bool is_listed);
// Entries of a feed of that site, other than the one by which the link was brought, list it, too.
void CountFurther(LinkRow& link, schemas::Id lister_site_id, std::int64_t delta);
// The feed that had left the address where it brought this link lists it again.
void TakeUp(LinkRow& link);
void RemoveLink(Rows& rows, LinkRow& link);
// A link whose new address is known already gives its entries to the one that has it, and goes.
// False: a budget has no place for it there, and it stays where it is.
bool MoveLink(Rows& rows, LinkRow& link, const Address& address);

}  // namespace saunter::store
