// Topics: which subjects the words of feeds mean, in many languages and spellings.
//
// The list is data: schemas/topics/topics.txt, compiled in and installed, or the operator's own
// file in the form that the first lines of topics.txt describe. A topic is one bit of a mask. A
// topic that others are "in" is a group, and its name means all of them.
//
// Thread safety: immutable after construction. Errors: a sentence that names the line of the first
// mistake; nothing of such a list is used.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace saunter::schemas::topics {

using TopicMask = std::uint32_t;
inline constexpr std::size_t kTopicsMax = 32;

struct Topic {
  std::string name;   // lower-case ASCII letters, digits and "-"
  std::string label;  // for people
  std::string group;  // name of the topic that this one is in, or empty
};

class Topics {
 public:
  struct ParseResult {
    std::shared_ptr<const Topics> topics;  // null if there is a problem
    std::string problem;
  };
  // `name` is the list's name in messages, before the line's number.
  static ParseResult Parse(std::string_view text, std::string_view name);
  // The list that is compiled in.
  static std::shared_ptr<const Topics> BuiltIn();

  [[nodiscard]] const std::vector<Topic>& list() const { return list_; }  // by bit
  // The topics that a feed's word means, 0 if none is known.
  [[nodiscard]] TopicMask Of(std::string_view word) const;
  // The topic of this name, with all that are in it.
  [[nodiscard]] std::optional<TopicMask> Named(std::string_view name) const;

 private:
  class Reader;

  [[nodiscard]] TopicMask Find(const std::string& folded) const;
  [[nodiscard]] TopicMask OfParts(std::string_view folded) const;

  std::vector<Topic> list_;
  std::unordered_map<std::string, TopicMask> named_;
  std::unordered_map<std::string, TopicMask> words_;  // by FoldWord
};

// A word in the form that is looked up, without that in which spellings differ: case, accents of
// Latin letters, hyphens, underscores, punctuation, a leading "#". Single spaces divide its parts.
// Empty for text that is not UTF-8.
[[nodiscard]] std::string FoldWord(std::string_view word);

}  // namespace saunter::schemas::topics
