// What the service's own feeds say of themselves: an id and an address.
//
// RFC 4287, 4.2.6: an id is a feed's own and never changes. It is made of the key of receipts,
// which stays through restarts and upgrades, is shared by the machines that serve one database, and
// is no other installation's; and of the feed's path and query, since with other filters it is
// another feed. Whoever reads the id does not learn the key.
//
// Thread safety: immutable.
#pragma once

#include <optional>
#include <string>

#include "api/http/request.h"
#include "api/receipt/receipt.h"

namespace saunter::api::routes {

class FeedIdentity {
 public:
  // Without a key ids are those of the path and query alone.
  explicit FeedIdentity(std::optional<receipt::Key> key) : key_(key) {}

  struct Names {
    std::string id;    // an absolute IRI
    std::string self;  // relative to this service: it does not know by which name it is asked
  };
  [[nodiscard]] Names Of(const http::Request& request) const;

 private:
  const std::optional<receipt::Key> key_;
};

}  // namespace saunter::api::routes
