#include "api/routes/feed_identity.h"

#include <string_view>
#include <utility>

#include "schemas/text.h"

namespace saunter::api::routes {

namespace {

// RFC 3986, 2: bytes that an address cannot have are percent-encoded; what is encoded stays so.
std::string AsAddress(std::string_view sent) {
  constexpr std::string_view kPunctuation = "-._~:/?#[]@!$&'()*+,;=%";
  std::string address;
  for (const char c : sent) {
    const auto byte = static_cast<unsigned char>(c);
    if (schemas::IsAsciiLetter(c) || schemas::IsAsciiDigit(c) ||
        kPunctuation.find(c) != std::string_view::npos) {
      address.push_back(c);
    } else {
      address.push_back('%');
      address.push_back(schemas::kHexDigits[byte >> 4]);
      address.push_back(schemas::kHexDigits[byte & 0xf]);
    }
  }
  return address;
}

}  // namespace

FeedIdentity::Names FeedIdentity::Of(const http::Request& request) const {
  auto self = AsAddress(request.path);
  if (!request.query.empty()) self.append("?").append(AsAddress(request.query));
  auto id = "urn:saunter:" + self;
  if (key_) id = "urn:uuid:" + receipt::UuidOf(self, *key_);
  return {.id = std::move(id), .self = std::move(self)};
}

}  // namespace saunter::api::routes
