#include "crawler/cli/site_name.h"

namespace saunter::crawler::cli {

std::optional<url::Url> UrlNamed(const std::string& text) {
  const bool has_scheme = text.find("://") != std::string::npos;
  return url::ParseUrl(has_scheme ? text : "https://" + text);
}

std::optional<std::string> SiteNamed(const std::string& text) {
  const auto url = UrlNamed(text);
  if (!url) return std::nullopt;
  return url::SiteName(*url);
}

}  // namespace saunter::crawler::cli
