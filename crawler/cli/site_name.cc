#include "crawler/cli/site_name.h"

#include "crawler/url/url.h"

namespace saunter::crawler::cli {

std::optional<std::string> SiteNamed(const std::string& text) {
  auto url = url::ParseUrl(text);
  if (!url) url = url::ParseUrl("http://" + text);
  if (!url) return std::nullopt;
  return url::SiteName(*url);
}

}  // namespace saunter::crawler::cli
