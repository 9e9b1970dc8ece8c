#include "schemas/database_url.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "schemas/text.h"

namespace saunter::schemas {
namespace {

constexpr std::string_view kHidden = "***";

std::string_view SchemeOf(std::string_view text) {
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (text.starts_with(scheme)) return scheme;
  }
  return {};
}

// "password" and "sslpassword"; a URI may write letters of a key as "%70".
bool IsSecret(std::string_view key) {
  return key.find("pass") != std::string_view::npos || key.find('%') != std::string_view::npos;
}

// A password may hold "/", "?" or "@" that nobody has encoded: libpq takes it otherwise, or not at
// all, and it is hidden whole.
std::string HideInUri(std::string_view scheme, std::string_view rest) {
  std::string text(scheme);
  if (const auto user_end = rest.rfind('@'); user_end != std::string_view::npos) {
    const auto user = rest.substr(0, user_end);
    const auto colon = user.find(':');
    text.append(user.substr(0, colon));
    if (colon != std::string_view::npos) text.append(":").append(kHidden);
    rest.remove_prefix(user_end);
  }
  const auto question = rest.find('?');
  text.append(rest.substr(0, question));
  if (question == std::string_view::npos) return text;
  char mark = '?';
  for (rest.remove_prefix(question + 1); !rest.empty();) {
    const auto parameter = rest.substr(0, rest.find('&'));
    const auto key = parameter.substr(0, parameter.find('='));
    text += mark;
    text.append(IsSecret(key) ? std::string(key).append("=").append(kHidden)
                              : std::string(parameter));
    mark = '&';
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
  }
  return text;
}

struct KeyAndValue {
  std::string_view key;
  std::string_view value;  // as it stands, in its quotes
};

// libpq, 34.1.1.1: values in single quotes may hold blanks, a backslash takes what follows as it
// is.
std::optional<std::vector<KeyAndValue>> KeysAndValues(std::string_view text) {
  std::vector<KeyAndValue> list;
  while (true) {
    text = Trim(text, kAsciiSpace);
    if (text.empty()) return list;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto key = Trim(text.substr(0, equals), kAsciiSpace);
    if (key.empty() || !std::ranges::all_of(key, [](char c) {
          return IsAsciiLetter(c) || IsAsciiDigit(c) || c == '_';
        })) {
      return std::nullopt;
    }
    text = text.substr(equals + 1);
    text = text.substr(std::min(text.find_first_not_of(kAsciiSpace), text.size()));
    const bool in_quotes = text.starts_with('\'');
    std::size_t end = in_quotes ? 1 : 0;
    const auto is_end = [&](char c) {
      return in_quotes ? c == '\'' : kAsciiSpace.find(c) != std::string_view::npos;
    };
    while (end < text.size() && !is_end(text[end])) end += text[end] == '\\' ? 2 : 1;
    if (in_quotes) ++end;
    if (end > text.size()) return std::nullopt;
    list.push_back({key, text.substr(0, end)});
    text.remove_prefix(end);
  }
}

}  // namespace

bool IsDatabaseUrl(std::string_view text) {
  if (const auto scheme = SchemeOf(text); !scheme.empty()) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7f'; });
  }
  const auto list = KeysAndValues(text);
  return list && !list->empty();
}

std::string DatabaseName(const StoreSettings& settings) {
  return settings.url.empty() ? settings.path : WithoutPassword(settings.url);
}

std::string WithoutPassword(std::string_view text) {
  if (text.empty()) return {};
  if (!IsDatabaseUrl(text)) return std::string(kHidden);
  if (const auto scheme = SchemeOf(text); !scheme.empty()) {
    return HideInUri(scheme, text.substr(scheme.size()));
  }
  const auto list = KeysAndValues(text);
  if (!list) return std::string(kHidden);
  std::string shown;
  for (const auto& [key, value] : *list) {
    if (!shown.empty()) shown += ' ';
    shown.append(key).append("=").append(IsSecret(key) ? kHidden : value);
  }
  return shown;
}

}  // namespace saunter::schemas
