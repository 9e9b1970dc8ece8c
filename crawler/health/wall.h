// Walls: a site sends everybody who asks for a page elsewhere first, to sign in, pay, consent or
// prove their age, and remembers where they wanted to go. What is behind is not known. Pure.
//
// Thread safety: all functions. Errors: none; what is no URL is no wall.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace saunter::crawler::health {

// A temporary redirect (RFC 9110, 15.4.3, 15.4.4, 15.4.8: 302, 303, 307).
struct Detour {
  std::string from;
  std::string to;
};

enum class Wall {
  kNone,
  // The redirect carries the address that was asked for, but so do redirects to a page that says
  // "not found": what the site does with other pages decides.
  kPerhaps,
  kCertain,  // and its target is called "login", "consent" or the like
};

// What stands between an address and where it led, by the redirects on the way.
[[nodiscard]] Wall FindWall(const std::vector<Detour>& detours, std::string_view asked_url,
                            std::string_view effective_url);

// Whether the address of a page says that it stands for pages that are missing: "/404?from=/post",
// "/not-found.html".
[[nodiscard]] bool SaysMissing(std::string_view url);

// Whether the query of `url` repeats the path, or the value in a query, of the address that was
// asked for, percent-encoded or not.
[[nodiscard]] bool EchoesInQuery(std::string_view url, std::string_view asked_url);

}  // namespace saunter::crawler::health
