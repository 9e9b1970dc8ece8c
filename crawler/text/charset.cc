#include "crawler/text/charset.h"

#include <simdjson.h>
#include <uchardet.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <experimental/simd>
#include <memory>
#include <optional>
#include <vector>

#include "crawler/text/charset_labels.h"
#include "crawler/text/entities.h"
#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

namespace stdx = std::experimental;

constexpr std::size_t kDeclarationBytesMax = 1024;
constexpr std::size_t kDetectionBytesMax = 65536;

enum class Utf8Kind { kClean, kForbidden, kBroken };

struct Utf8Scan {
  Utf8Kind kind = Utf8Kind::kClean;
  std::size_t sequences = 0;  // multi-byte sequences that are right
  std::size_t bad_bytes = 0;
};

// The code points that XML 1.0, 2.2, forbids, apart from surrogates.
bool IsForbiddenInXml(char32_t c) {
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xfffe || c == 0xffff;
}

using Block = stdx::native_simd<char>;

Block BlockAt(std::string_view text, std::size_t at) {
  return Block(text.data() + at, stdx::element_aligned);
}

// Characters of one byte that XML forbids.
auto IsControl(const Block& block) {
  return block >= '\0' && block < ' ' && block != '\t' && block != '\n' && block != '\r';
}

// Nothing but printable ASCII and white space.
bool IsPlain(const Block& block) { return stdx::all_of(block >= '\0' && !IsControl(block)); }

// Whether well-formed UTF-8 holds what XML forbids.
bool HoldsForbidden(std::string_view text) {
  std::size_t at = 0;
  for (; at + Block::size() + 2 <= text.size(); at += Block::size()) {
    const Block block = BlockAt(text, at);
    // As signed numbers the bytes beyond ASCII are less than a space, too.
    if (stdx::all_of(block >= ' ')) continue;
    if (stdx::any_of(IsControl(block))) return true;
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    const auto begins = block == '\xef' && BlockAt(text, at + 1) == '\xbf' &&
                        (BlockAt(text, at + 2) == '\xbe' || BlockAt(text, at + 2) == '\xbf');
    if (stdx::any_of(begins)) return true;
  }
  while (at < text.size()) {
    if (IsForbiddenInXml(schemas::NextCodePoint(text, at))) return true;
  }
  return false;
}

// Counts what is wrong and what is right in text that is not clean.
Utf8Scan ScanFaults(std::string_view text) {
  Utf8Scan scan;
  bool forbidden = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = schemas::Utf8Length(text.substr(at));
    if (length == 0) {
      ++scan.bad_bytes;
      ++at;
      continue;
    }
    if (length > 1) ++scan.sequences;
    std::size_t behind = at;
    forbidden = forbidden || IsForbiddenInXml(schemas::NextCodePoint(text, behind));
    at += length;
  }
  if (scan.bad_bytes > 0) {
    scan.kind = Utf8Kind::kBroken;
  } else if (forbidden) {
    scan.kind = Utf8Kind::kForbidden;
  }
  return scan;
}

Utf8Scan ScanUtf8(std::string_view text) {
  const bool clean = simdjson::validate_utf8(text.data(), text.size()) && !HoldsForbidden(text);
  return clean ? Utf8Scan() : ScanFaults(text);
}

// The text without an unfinished sequence at its end: the document was cut there, which says
// nothing about its charset.
std::string_view WithoutCutSequence(std::string_view text) {
  for (std::size_t length = 1; length <= 3 && length <= text.size(); ++length) {
    const std::size_t at = text.size() - length;
    const auto first = static_cast<unsigned char>(text[at]);
    if ((first & 0xc0U) == 0x80U) continue;
    const std::size_t wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
    return wanted > length ? text.substr(0, at) : text;
  }
  return text;
}

struct ConverterDeleter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};

// Reads bytes that have no meaning in the charset as windows-1252, one by one.
void ReadBadBytes(const void* /*context*/, UConverterToUnicodeArgs* arguments,
                  const char* code_units, std::int32_t length, UConverterCallbackReason reason,
                  UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;
  *error = U_ZERO_ERROR;
  for (std::int32_t i = 0; i < length && U_SUCCESS(*error) != 0; ++i) {
    const char32_t c = FromWindows1252(static_cast<unsigned char>(code_units[i]));
    const auto unit = static_cast<UChar>(c >= 0x80 && c <= 0x9f ? 0xfffd : c);
    ucnv_cbToUWriteUChars(arguments, &unit, 1, 0, error);
  }
}

// Converts with ICU, piece by piece.
std::optional<std::string> Convert(std::string_view body, const char* converter_name) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, ConverterDeleter> source(ucnv_open(converter_name, &error));
  const std::unique_ptr<UConverter, ConverterDeleter> target(ucnv_open("UTF-8", &error));
  if (U_FAILURE(error) != 0) return std::nullopt;
  ucnv_setToUCallBack(source.get(), &ReadBadBytes, nullptr, nullptr, nullptr, &error);
  if (U_FAILURE(error) != 0) return std::nullopt;
  std::string text;
  std::array<UChar, 4096> pivot;
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  const char* from = body.data();
  bool reset = true;
  while (true) {
    std::array<char, 16384> chunk;
    char* to = chunk.data();
    error = U_ZERO_ERROR;
    ucnv_convertEx(target.get(), source.get(), &to, chunk.data() + chunk.size(), &from,
                   body.data() + body.size(), pivot.data(), &pivot_source, &pivot_target,
                   pivot.data() + pivot.size(), static_cast<UBool>(reset), 1, &error);
    reset = false;
    text.append(chunk.data(), to);
    if (error == U_BUFFER_OVERFLOW_ERROR) continue;
    if (U_FAILURE(error) != 0) return std::nullopt;
    return text;
  }
}

Utf8Text ReadAs(std::string_view body, const Charset& charset, CharsetSource source) {
  Utf8Text result;
  result.charset = charset.name;
  result.source = source;
  if (charset.converter.empty()) {
    result.converted = RepairUtf8(body);
    result.repaired = true;
    return result;
  }
  result.converted = Convert(body, charset.converter.c_str());
  if (!result.converted) result.converted = std::string(body);
  if (ScanUtf8(*result.converted).kind != Utf8Kind::kClean) {
    result.converted = RepairUtf8(*result.converted);
    result.repaired = true;
  }
  return result;
}

// RFC 9110, 8.3.2; Lenient: spaces around "=", either quote.
std::string_view HttpCharset(std::string_view content_type) {
  const std::string lower = schemas::ToLowerAscii(content_type);
  std::size_t at = lower.find("charset");
  if (at == std::string::npos) return {};
  at += 7;
  while (at < lower.size() && (lower[at] == ' ' || lower[at] == '=')) ++at;
  // Lenient: "charset=charset=utf-8".
  if (std::string_view(lower).substr(at).starts_with("charset=")) at += 8;
  std::string_view rest = content_type.substr(at);
  if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) rest.remove_prefix(1);
  return rest.substr(0, rest.find_first_of("\"',; \t"));
}

std::string_view DeclaredCharset(std::string_view body) {
  std::string_view head = body.substr(0, kDeclarationBytesMax);
  const std::size_t begin = head.find("<?xml");
  if (begin == std::string_view::npos) return {};
  head = head.substr(begin, head.find("?>", begin) - begin);
  const std::size_t at = head.find("encoding");
  if (at == std::string_view::npos) return {};
  const std::size_t quote = head.find_first_of("\"'", at);
  if (quote == std::string_view::npos) return {};
  const std::size_t end = head.find(head[quote], quote + 1);
  return end == std::string_view::npos ? std::string_view()
                                       : head.substr(quote + 1, end - quote - 1);
}

struct Mark {
  std::string_view bytes;
  std::string_view label;
  std::size_t length;  // of the byte order mark, 0 for a pattern without one
};

using namespace std::string_view_literals;

// Unicode, 23.8, then XML 1.0, F.1: what "<?xm" or "<r" looks like without a mark.
constexpr auto kMarks = std::to_array<Mark>({
    {"\x00\x00\xfe\xff"sv, "utf-32be", 4},
    {"\xff\xfe\x00\x00"sv, "utf-32le", 4},
    {"\xfe\xff"sv, "utf-16be", 2},
    {"\xff\xfe"sv, "utf-16le", 2},
    {"\x00\x00\x00<"sv, "utf-32be", 0},
    {"<\x00\x00\x00"sv, "utf-32le", 0},
    {"\x00<\x00"sv, "utf-16be", 0},
    {"\x00{\x00"sv, "utf-16be", 0},
    {"\x4c\x6f\xa7\x94"sv, "ibm037", 0},
});

// "<" and a letter or "?" in UTF-16; not in kMarks, since the second character varies.
bool LooksLikeUtf16Le(std::string_view body) {
  return body.size() >= 4 && (body[0] == '<' || body[0] == '{') && body[1] == '\0' &&
         body[2] != '\0' && body[3] == '\0';
}

const Charset* Guess(std::string_view body) {
  const std::unique_ptr<uchardet, decltype(&uchardet_delete)> detector(uchardet_new(),
                                                                       &uchardet_delete);
  // Only bytes beyond ASCII tell charsets apart, and tags would outnumber them.
  std::string sample;
  for (std::size_t i = 0; i < body.size() && sample.size() < kDetectionBytesMax; ++i) {
    const auto is_high = [&](std::size_t at) {
      return at < body.size() && (static_cast<unsigned char>(body[at]) & 0x80U) != 0;
    };
    if (is_high(i) || (i > 0 && is_high(i - 1)) || is_high(i + 1) || body[i] == ' ') {
      sample += body[i];
    }
  }
  if (uchardet_handle_data(detector.get(), sample.data(), sample.size()) != 0) return nullptr;
  uchardet_data_end(detector.get());
  return FindCharset(uchardet_get_charset(detector.get()));
}

struct Choice {
  const Charset& charset;
  CharsetSource source;
};

// The charsets that HTTP and the document name, in this order; unknown labels name none.
std::vector<Choice> NamedCharsets(std::string_view body, std::string_view content_type) {
  std::vector<Choice> named;
  if (const auto* const charset = FindCharset(HttpCharset(content_type))) {
    named.push_back({*charset, CharsetSource::kContentType});
  }
  if (const auto* const charset = FindCharset(DeclaredCharset(body))) {
    named.push_back({*charset, CharsetSource::kDeclaration});
  }
  return named;
}

// By what to read bytes that are not valid UTF-8.
Choice ChooseCharset(std::string_view body, std::string_view content_type, const Utf8Scan& scan) {
  const bool mostly_utf8 = scan.sequences > 2 * scan.bad_bytes;
  for (const Choice& choice : NamedCharsets(body, content_type)) {
    const std::string_view name = choice.charset.name;
    // Lenient: text that is readable as ASCII is not UTF-16, whatever its label.
    if (name.starts_with("utf-16") || name.starts_with("utf-32") || name == "ibm037") continue;
    const bool is_utf8 = &choice.charset == &Utf8Charset();
    if (!is_utf8 || scan.sequences >= scan.bad_bytes) return choice;
  }
  if (mostly_utf8) return {Utf8Charset(), CharsetSource::kDetected};
  const Charset* const guess = Guess(body);
  if (guess != nullptr && !guess->converter.empty()) return {*guess, CharsetSource::kDetected};
  return {scan.sequences > 0 ? Utf8Charset() : FallbackCharset(), CharsetSource::kFallback};
}

// A scan for UTF-8 takes ISO-2022-JP and HZ for ASCII; the former can be told by its escapes.
std::optional<Choice> SevenBitCharset(std::string_view body, std::string_view content_type,
                                      const Utf8Scan& scan) {
  for (const Choice& choice : NamedCharsets(body, content_type)) {
    if (choice.charset.name == "hz-gb-2312" && body.find("~{") != body.npos) return choice;
  }
  const bool escapes = scan.kind == Utf8Kind::kForbidden && scan.sequences == 0 &&
                       (body.find("\x1b$B") != body.npos || body.find("\x1b$@") != body.npos);
  const Charset* const japanese = escapes ? FindCharset("iso-2022-jp") : nullptr;
  if (japanese == nullptr) return std::nullopt;
  return Choice{*japanese, CharsetSource::kDetected};
}

}  // namespace

std::string RepairUtf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size() + text.size() / 16);
  std::size_t kept = 0;  // what stands before it is in `repaired` or left out
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() - at >= Block::size() && IsPlain(BlockAt(text, at))) {
      at += Block::size();
      continue;
    }
    const std::size_t length = schemas::Utf8Length(text.substr(at));
    std::size_t behind = at;
    if (length > 0 && !IsForbiddenInXml(schemas::NextCodePoint(text, behind))) {
      at += length;
      continue;
    }
    repaired.append(text, kept, at - kept);
    if (length == 0) {
      const char32_t c = FromWindows1252(static_cast<unsigned char>(text[at]));
      schemas::AppendUtf8(repaired, c >= 0x80 && c <= 0x9f ? U'\ufffd' : c);
    }
    at += std::max<std::size_t>(length, 1);
    kept = at;
  }
  return repaired.append(text, kept);
}

Utf8Text ToUtf8(std::string_view body, std::string_view content_type) {
  constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";
  const bool marked = body.starts_with(kUtf8Mark);
  while (body.starts_with(kUtf8Mark)) body.remove_prefix(kUtf8Mark.size());
  if (!marked) {
    for (const auto& mark : kMarks) {
      if (!body.starts_with(mark.bytes)) continue;
      if (mark.length == 0 && mark.label == "utf-16be" && body.size() > 3 && body[3] == '\0') {
        continue;
      }
      return ReadAs(body.substr(mark.length), *FindCharset(mark.label),
                    mark.length > 0 ? CharsetSource::kByteOrderMark : CharsetSource::kBytePattern);
    }
    if (LooksLikeUtf16Le(body)) {
      return ReadAs(body, *FindCharset("utf-16le"), CharsetSource::kBytePattern);
    }
  }
  const std::string_view whole = WithoutCutSequence(body);
  const Utf8Scan scan = ScanUtf8(whole);
  if (scan.kind == Utf8Kind::kBroken && !marked) {
    const Choice choice = ChooseCharset(body, content_type, scan);
    return ReadAs(body, choice.charset, choice.source);
  }
  if (!marked) {
    if (const auto choice = SevenBitCharset(body, content_type, scan)) {
      return ReadAs(body, choice->charset, choice->source);
    }
  }
  Utf8Text result;
  result.charset = "utf-8";
  result.source = marked ? CharsetSource::kByteOrderMark : CharsetSource::kValidUtf8;
  result.repaired = scan.kind != Utf8Kind::kClean;
  if (result.repaired) result.converted = RepairUtf8(whole);
  result.unchanged = whole;
  return result;
}

}  // namespace saunter::crawler::text
