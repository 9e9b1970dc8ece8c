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

#include "crawler/text/entities.h"
#include "schemas/text.h"

namespace saunter::crawler::text {
namespace {

namespace stdx = std::experimental;

constexpr std::size_t kDeclarationBytesMax = 1024;
constexpr std::size_t kDetectionBytesMax = 65536;

struct Label {
  std::string_view name;     // lower case, without "-", "_" and spaces
  std::string_view charset;  // what is reported
  const char* converter;     // ICU's name
};

// The Encoding Standard's charsets, and those that old feeds still name.
constexpr auto kLabels = std::to_array<Label>({
    {"utf8", "utf-8", nullptr},
    {"unicode11utf8", "utf-8", nullptr},
    {"ascii", "windows-1252", "ibm-5348_P100-1997"},
    {"usascii", "windows-1252", "ibm-5348_P100-1997"},
    {"ansix3.41968", "windows-1252", "ibm-5348_P100-1997"},
    {"iso88591", "windows-1252", "ibm-5348_P100-1997"},
    {"88591", "windows-1252", "ibm-5348_P100-1997"},
    {"latin1", "windows-1252", "ibm-5348_P100-1997"},
    {"l1", "windows-1252", "ibm-5348_P100-1997"},
    {"windows1252", "windows-1252", "ibm-5348_P100-1997"},
    {"cp1252", "windows-1252", "ibm-5348_P100-1997"},
    {"1252", "windows-1252", "ibm-5348_P100-1997"},
    {"ansi", "windows-1252", "ibm-5348_P100-1997"},
    {"iso88592", "iso-8859-2", "ISO-8859-2"},
    {"latin2", "iso-8859-2", "ISO-8859-2"},
    {"iso88593", "iso-8859-3", "ISO-8859-3"},
    {"iso88594", "iso-8859-4", "ISO-8859-4"},
    {"iso88595", "iso-8859-5", "ISO-8859-5"},
    {"iso88596", "iso-8859-6", "ISO-8859-6"},
    {"iso88597", "iso-8859-7", "ISO-8859-7"},
    {"iso88598", "iso-8859-8", "ISO-8859-8"},
    {"iso88598i", "iso-8859-8", "ISO-8859-8"},
    {"iso88599", "windows-1254", "windows-1254"},
    {"latin5", "windows-1254", "windows-1254"},
    {"iso885910", "iso-8859-10", "iso-8859_10-1998"},
    {"iso885911", "windows-874", "windows-874"},
    {"iso885913", "iso-8859-13", "ISO-8859-13"},
    {"iso885914", "iso-8859-14", "iso-8859_14-1998"},
    {"iso885915", "iso-8859-15", "ISO-8859-15"},
    {"latin9", "iso-8859-15", "ISO-8859-15"},
    {"tis620", "windows-874", "windows-874"},
    {"windows874", "windows-874", "windows-874"},
    {"windows1250", "windows-1250", "windows-1250"},
    {"cp1250", "windows-1250", "windows-1250"},
    {"windows1251", "windows-1251", "windows-1251"},
    {"cp1251", "windows-1251", "windows-1251"},
    {"1251", "windows-1251", "windows-1251"},
    {"windows1253", "windows-1253", "windows-1253"},
    {"cp1253", "windows-1253", "windows-1253"},
    {"windows1254", "windows-1254", "windows-1254"},
    {"cp1254", "windows-1254", "windows-1254"},
    {"windows1255", "windows-1255", "windows-1255"},
    {"cp1255", "windows-1255", "windows-1255"},
    {"windows1256", "windows-1256", "windows-1256"},
    {"cp1256", "windows-1256", "windows-1256"},
    {"windows1257", "windows-1257", "windows-1257"},
    {"cp1257", "windows-1257", "windows-1257"},
    {"windows1258", "windows-1258", "windows-1258"},
    {"cp1258", "windows-1258", "windows-1258"},
    {"koi8r", "koi8-r", "KOI8-R"},
    {"koi8", "koi8-r", "KOI8-R"},
    {"koi8u", "koi8-u", "KOI8-U"},
    {"ibm866", "ibm866", "IBM866"},
    {"cp866", "ibm866", "IBM866"},
    {"macintosh", "macintosh", "macintosh"},
    {"macroman", "macintosh", "macintosh"},
    {"xmaccyrillic", "x-mac-cyrillic", "x-mac-cyrillic"},
    {"maccyrillic", "x-mac-cyrillic", "x-mac-cyrillic"},
    {"gb2312", "gb18030", "gb18030"},
    {"gbk", "gb18030", "gb18030"},
    {"gb18030", "gb18030", "gb18030"},
    {"cp936", "gb18030", "gb18030"},
    {"936", "gb18030", "gb18030"},
    {"xgbk", "gb18030", "gb18030"},
    {"euccn", "gb18030", "gb18030"},
    {"gb231280", "gb18030", "gb18030"},
    {"chinese", "gb18030", "gb18030"},
    {"hzgb2312", "hz-gb-2312", "HZ"},
    {"big5", "big5", "ibm-1375_P100-2008"},
    {"big5hkscs", "big5", "ibm-1375_P100-2008"},
    {"cp950", "big5", "windows-950-2000"},
    {"xxbig5", "big5", "ibm-1375_P100-2008"},
    {"shiftjis", "shift_jis", "ibm-943_P15A-2003"},
    {"sjis", "shift_jis", "ibm-943_P15A-2003"},
    {"xsjis", "shift_jis", "ibm-943_P15A-2003"},
    {"windows31j", "shift_jis", "ibm-943_P15A-2003"},
    {"cp932", "shift_jis", "ibm-943_P15A-2003"},
    {"ms932", "shift_jis", "ibm-943_P15A-2003"},
    {"eucjp", "euc-jp", "EUC-JP"},
    {"xeucjp", "euc-jp", "EUC-JP"},
    {"iso2022jp", "iso-2022-jp", "ISO-2022-JP"},
    {"euckr", "cp949", "windows-949-2000"},
    {"ksc56011987", "cp949", "windows-949-2000"},
    {"ksc5601", "cp949", "windows-949-2000"},
    {"ks c 5601", "cp949", "windows-949-2000"},
    {"cp949", "cp949", "windows-949-2000"},
    {"uhc", "cp949", "windows-949-2000"},
    {"windows949", "cp949", "windows-949-2000"},
    {"korean", "cp949", "windows-949-2000"},
    {"ebcdiccpus", "ibm037", "ibm-37_P100-1995"},
    {"ibm037", "ibm037", "ibm-37_P100-1995"},
    {"cp037", "ibm037", "ibm-37_P100-1995"},
    {"utf16", "utf-16", "UTF-16"},
    {"utf16le", "utf-16le", "UTF-16LE"},
    {"utf16be", "utf-16be", "UTF-16BE"},
    {"ucs2", "utf-16le", "UTF-16LE"},
    {"utf32le", "utf-32le", "UTF-32LE"},
    {"utf32be", "utf-32be", "UTF-32BE"},
});

const Label* FindLabel(std::string_view name) {
  std::string folded;
  for (const char c : name.substr(0, 40)) {
    if (c != '-' && c != '_' && c != ' ' && c != '\'' && c != '"') folded += c;
  }
  folded = schemas::ToLowerAscii(folded);
  for (const auto& label : kLabels) {
    if (label.name == folded) return &label;
  }
  return nullptr;
}

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

Utf8Text ReadAs(std::string_view body, const Label& label) {
  Utf8Text result;
  result.charset = label.charset;
  if (label.converter == nullptr) {
    result.converted = RepairUtf8(body);
    result.repaired = true;
    return result;
  }
  result.converted = Convert(body, label.converter);
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
  std::string_view rest = content_type.substr(at);
  if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) rest.remove_prefix(1);
  return rest.substr(0, rest.find_first_of("\"'; \t"));
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

const Label* Guess(std::string_view body) {
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
  return FindLabel(uchardet_get_charset(detector.get()));
}

// The label by which to read bytes that are not valid UTF-8.
const Label& ChooseLabel(std::string_view body, std::string_view content_type,
                         const Utf8Scan& scan) {
  static constexpr auto kUtf8 = &kLabels[0];
  const bool mostly_utf8 = scan.sequences > 2 * scan.bad_bytes;
  for (const auto name : {HttpCharset(content_type), DeclaredCharset(body)}) {
    const Label* const label = FindLabel(name);
    // Lenient: text that is readable as ASCII is not UTF-16, whatever its label.
    if (label == nullptr || label->charset.starts_with("utf-16") ||
        label->charset.starts_with("utf-32") || label->charset == "ibm037") {
      continue;
    }
    if (label != kUtf8 || scan.sequences >= scan.bad_bytes) return *label;
  }
  if (mostly_utf8) return *kUtf8;
  const Label* const guess = Guess(body);
  if (guess != nullptr && guess->converter != nullptr) return *guess;
  return *FindLabel(scan.sequences > 0 ? "utf-8" : "windows-1252");
}

// A scan for UTF-8 takes ISO-2022-JP and HZ for ASCII; the former can be told by its escapes.
const Label* SevenBitLabel(std::string_view body, std::string_view content_type,
                           const Utf8Scan& scan) {
  for (const auto name : {HttpCharset(content_type), DeclaredCharset(body)}) {
    const Label* const label = FindLabel(name);
    if (label != nullptr && label->charset == "hz-gb-2312" && body.find("~{") != body.npos) {
      return label;
    }
  }
  const bool escapes = scan.kind == Utf8Kind::kForbidden && scan.sequences == 0 &&
                       (body.find("\x1b$B") != body.npos || body.find("\x1b$@") != body.npos);
  return escapes ? FindLabel("iso-2022-jp") : nullptr;
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
      return ReadAs(body.substr(mark.length), *FindLabel(mark.label));
    }
    if (LooksLikeUtf16Le(body)) return ReadAs(body, *FindLabel("utf-16le"));
  }
  const std::string_view whole = WithoutCutSequence(body);
  const Utf8Scan scan = ScanUtf8(whole);
  if (scan.kind == Utf8Kind::kBroken && !marked) {
    return ReadAs(body, ChooseLabel(body, content_type, scan));
  }
  if (!marked) {
    if (const Label* const label = SevenBitLabel(body, content_type, scan))
      return ReadAs(body, *label);
  }
  Utf8Text result;
  result.charset = "utf-8";
  result.repaired = scan.kind != Utf8Kind::kClean;
  if (result.repaired) result.converted = RepairUtf8(whole);
  result.unchanged = whole;
  return result;
}

}  // namespace saunter::crawler::text
