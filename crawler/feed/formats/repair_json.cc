#include "crawler/feed/formats/repair_json.h"

#include <algorithm>

#include "schemas/text.h"

namespace saunter::crawler::feed::formats {
namespace {

class JsonRepairer {
 public:
  explicit JsonRepairer(std::string_view text) : text_(text) {}

  std::string Run() {
    out_.reserve(text_.size() + 16);
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!PutString()) break;
      } else if (c == '{' || c == '[') {
        Open(c);
      } else if (c == '}' || c == ']') {
        Close(c);
        if (open_.empty()) return std::move(out_);
      } else {
        PutOther(c);
      }
    }
    if (complete_ == 0) return std::move(out_);
    out_.resize(complete_);
    return std::move(out_) + "]}";
  }

 private:
  void Open(char c) {
    if (open_.size() == 1 && c == '[') in_items_ = last_string_ == "items";
    open_ += c;
    out_ += c;
    ++at_;
    if (in_items_ && open_ == "{[") complete_ = out_.size();
  }

  void Close(char c) {
    while (!out_.empty() && (schemas::IsBlankOrLineEnd(out_.back()) || out_.back() == ','))
      out_.pop_back();
    out_ += c;
    open_.pop_back();
    ++at_;
    if (in_items_ && open_ == "{[") complete_ = out_.size();
    if (open_.size() < 2) in_items_ = false;
  }

  void PutOther(char c) {
    // Outside of strings, NaN and Infinity are the only words that JSON does not have.
    if (text_.substr(at_).starts_with("NaN") || text_.substr(at_).starts_with("Infinity")) {
      if (!out_.empty() && out_.back() == '-') out_.pop_back();
      out_ += "null";
      at_ += c == 'N' ? 3 : 8;
      return;
    }
    out_ += c;
    ++at_;
  }

  // Copies a string; false if the text ends in it.
  bool PutString() {
    const std::size_t out_begin = out_.size();
    out_ += '"';
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        PutEscape();
      } else {
        const bool control = static_cast<unsigned char>(text_[at_]) < 0x20;
        out_ += control ? ' ' : text_[at_];
        ++at_;
      }
    }
    if (at_ >= text_.size()) return false;
    out_ += '"';
    ++at_;
    if (open_.size() == 1) last_string_ = out_.substr(out_begin + 1, out_.size() - out_begin - 2);
    return true;
  }

  // The code unit of "\uXXXX" at `at`, or -1.
  [[nodiscard]] int CodeUnit(std::size_t at) const {
    if (text_.size() < at + 6 || text_[at] != '\\' || text_[at + 1] != 'u') return -1;
    const std::string digits(text_.substr(at + 2, 4));
    const auto is_hex = [](char c) { return schemas::HexValue(c) >= 0; };
    if (!std::all_of(digits.begin(), digits.end(), is_hex)) return -1;
    return static_cast<int>(std::stoul(digits, nullptr, 16));
  }

  void PutEscape() {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind == 'u') return PutCodeUnit();
    if (std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos && kind != '\0') {
      out_ += text_.substr(at_, 2);
      at_ += 2;
      return;
    }
    ++at_;  // a backslash that escapes nothing
  }

  void PutCodeUnit() {
    const int unit = CodeUnit(at_);
    if (unit < 0) {
      at_ += 2;
      return;
    }
    const bool high = unit >= 0xd800 && unit <= 0xdbff;
    const bool low = unit >= 0xdc00 && unit <= 0xdfff;
    const int next = high ? CodeUnit(at_ + 6) : -1;
    if (high && next >= 0xdc00 && next <= 0xdfff) {
      out_ += text_.substr(at_, 12);
      at_ += 12;
      return;
    }
    if (high || low) {
      out_ += "\\ufffd";
    } else {
      out_ += text_.substr(at_, 6);
    }
    at_ += 6;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::string open_;  // the brackets that are open
  std::string last_string_;
  std::size_t complete_ = 0;  // length of out_ behind the last complete item
  bool in_items_ = false;
};

}  // namespace

JsonExtent MeasureJson(std::string_view text) {
  JsonExtent extent;
  std::int64_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"':
        for (++at; at < text.size() && text[at] != '"'; ++at) {
          if (text[at] == '\\') ++at;
        }
        break;
      case '{':
      case '[':
        ++extent.values;
        extent.depth = std::max(extent.depth, ++depth);
        break;
      case '}':
      case ']':
        --depth;
        break;
      case ',':
        ++extent.values;
        break;
      default:
        break;
    }
  }
  return extent;
}

std::string RepairJson(std::string_view text) { return JsonRepairer(text).Run(); }

}  // namespace saunter::crawler::feed::formats
