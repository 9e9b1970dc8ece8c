// Inside store/sql/ and its engines only: how the URL of a link is stored.
//
// Most links are https at the host of their site, which has a row of its own, so the scheme and the
// host are left out: "/post" at "https://example.com/post", "w/post" at
// "https://www.example.com/post". All others are stored whole.
#pragma once

#include <string>
#include <string_view>

#include "store/sql/database.h"

namespace saunter::store::sql {

// `site`: the name of the site where the link stands, see schemas/site.h.
[[nodiscard]] inline std::string StoredUrl(std::string_view url, std::string_view site) {
  constexpr std::string_view kScheme = "https://";
  constexpr std::string_view kWww = "www.";
  const auto host = site.substr(0, site.find('/'));
  if (!url.starts_with(kScheme)) return std::string(url);
  const auto rest = url.substr(kScheme.size());
  const auto path_of = [&](std::string_view text) {
    const bool is_path = text.starts_with(host) && text.substr(host.size()).starts_with('/');
    return is_path ? text.substr(host.size()) : std::string_view();
  };
  if (const auto path = path_of(rest); !path.empty()) return std::string(path);
  if (rest.starts_with(kWww)) {
    const auto path = path_of(rest.substr(kWww.size()));
    if (!path.empty()) return std::string("w").append(path);
  }
  return std::string(url);
}

// The host of a site `s`, whichever tenant of it that is.
inline std::string HostOfSite(Engine engine) {
  switch (engine) {
    case Engine::kSqlite:
      return "substr(s.host, 1, instr(s.host || '/', '/') - 1)";
    case Engine::kPostgres:
      return "split_part(s.host, '/', 1)";
  }
  return {};
}

// The URL of a link `l` that stands at a site `s`.
inline std::string UrlOfLink(Engine engine) {
  const auto host = HostOfSite(engine);
  return "CASE substr(l.url, 1, 1) WHEN '/' THEN 'https://' || " + host +
         " || l.url WHEN 'w' THEN 'https://www.' || " + host +
         " || substr(l.url, 2) ELSE l.url END";
}

}  // namespace saunter::store::sql
