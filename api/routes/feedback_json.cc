#include "api/routes/feedback_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace saunter::api::routes {
namespace {

struct Member {
  std::string_view key;
  std::optional<std::string> value;
};

// Takes one object of the given keys and string values, each once, and stops at anything else. So
// nothing is kept that the body does not have to hold, and nothing is nested.
class ObjectReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit ObjectReader(std::span<Member> members) : members_(members) {}

  bool start_object(std::size_t) override {
    if (has_begun_) return Stop("An object inside the object is not understood; send strings.");
    has_begun_ = true;
    return true;
  }
  bool key(string_t& name) override {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [&](const Member& member) { return member.key == name; });
    if (found == members_.end()) return Stop("There is a key too many; send " + Keys() + " alone.");
    if (found->value) return Stop("A key stands there twice; send each once.");
    member_ = &*found;
    return true;
  }
  bool string(string_t& text) override {
    if (member_ == nullptr) return Stop(NoObject());
    member_->value = std::move(text);
    return true;
  }
  bool end_object() override { return true; }
  bool null() override { return StopAtValue(); }
  bool boolean(bool) override { return StopAtValue(); }
  bool number_integer(number_integer_t) override { return StopAtValue(); }
  bool number_unsigned(number_unsigned_t) override { return StopAtValue(); }
  bool number_float(number_float_t, const string_t&) override { return StopAtValue(); }
  bool binary(binary_t&) override { return StopAtValue(); }
  bool start_array(std::size_t) override { return StopAtValue(); }
  bool end_array() override { return StopAtValue(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return Stop(NoJson());
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::string NoJson() const {
    return "The body is no JSON; send an object with " + Keys() + ".";
  }

 private:
  bool Stop(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }
  bool StopAtValue() {
    return Stop(member_ == nullptr ? NoObject()
                                   : "\"" + std::string(member_->key) + "\" must be a string.");
  }
  [[nodiscard]] std::string NoObject() const {
    return "The body must be a JSON object with " + Keys() + ".";
  }
  [[nodiscard]] std::string Keys() const {
    std::string keys;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (i > 0) keys += i + 1 == members_.size() ? " and " : ", ";
      keys += members_[i].key;
    }
    return keys;
  }

  const std::span<Member> members_;
  Member* member_ = nullptr;
  bool has_begun_ = false;
  std::string problem_;
};

FeedbackRead Refused(std::string problem) { return {.body = {}, .problem = std::move(problem)}; }

// What is wrong with the object as such, or with its receipt; empty if nothing is.
std::string ProblemOf(std::string_view json, std::span<Member> members) {
  ObjectReader reader(members);
  // A NUL would end the text for the parser, whatever came behind it.
  if (json.find('\0') != std::string_view::npos) return reader.NoJson();
  if (!nlohmann::json::sax_parse(json, &reader)) return reader.problem();
  if (!members.front().value) return "\"receipt\" is missing; send that of the link.";
  return {};
}

}  // namespace

FeedbackRead ReadVote(std::string_view json) {
  Member members[] = {{"receipt", {}}, {"vote", {}}};
  if (auto problem = ProblemOf(json, members); !problem.empty()) {
    return Refused(std::move(problem));
  }
  const auto value = schemas::FindVoteValue(members[1].value.value_or(""));
  if (!value) return Refused("\"vote\" must be \"up\" or \"down\".");
  return {.body = {.receipt = members[0].value.value_or(""), .said = schemas::Vote{*value}},
          .problem = {}};
}

FeedbackRead ReadReport(std::string_view json) {
  Member members[] = {{"receipt", {}}, {"kind", {}}, {"note", {}}};
  if (auto problem = ProblemOf(json, members); !problem.empty()) {
    return Refused(std::move(problem));
  }
  const auto kind = schemas::FindReportKind(members[1].value.value_or(""));
  if (!kind) {
    return Refused(
        "\"kind\" must be \"dead\", \"spam\", \"ai\", \"adult\", \"language\", \"topic\" or "
        "\"other\".");
  }
  auto note = members[2].value.value_or("");
  if (!schemas::IsNote(note)) {
    return Refused("\"note\" takes at most " + std::to_string(schemas::kNoteCodePointsMax) +
                   " characters, and no control characters.");
  }
  return {.body = {.receipt = members[0].value.value_or(""),
                   .said = schemas::Report{*kind, std::move(note)}},
          .problem = {}};
}

}  // namespace saunter::api::routes
