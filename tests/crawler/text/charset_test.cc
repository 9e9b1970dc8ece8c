#include "crawler/text/charset.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saunter::crawler::text {
namespace {

struct CharsetCase {
  std::string_view body;
  std::string_view content_type;
  std::string_view text;
};

TEST(ToUtf8, FollowsTheOrderOfTheRule) {
  using namespace std::string_view_literals;
  for (const auto& [body, type, text] : std::vector<CharsetCase>{
           {"\xef\xbb\xbf<a>\xc3\xa9</a>"sv, "text/xml; charset=latin1", "<a>é</a>"},
           {"\xef\xbb\xbf\xef\xbb\xbf<a/>"sv, "", "<a/>"},
           {"\xff\xfe<\0a\0"sv, "", "<a"},
           {"\0<\0?\0x"sv, "", "<?x"},
           {"<\0?\0x\0"sv, "", "<?x"},
           // Valid UTF-8 is UTF-8, whatever anybody says, and is never "fixed".
           {"<a>\xc3\xa9</a>"sv, "text/xml; charset=iso-8859-1", "<a>é</a>"},
           {"<a>Caf\xc3\x83\xc2\xa9</a>"sv, "", "<a>CafÃ©</a>"},
           {"<a>\xe9</a>"sv, "text/xml; charset=\"windows-1251\"", "<a>й</a>"},
           {"<?xml version='1.0' encoding='koi8-r'?>\xc1"sv, "",
            "<?xml version='1.0' encoding='koi8-r'?>а"},
           {"<a>\x93q\x94</a>"sv, "text/xml; charset=us-ascii", "<a>“q”</a>"},
           {"<a>\xd6\xd0</a>"sv, "text/xml; charset=gb2312", "<a>中</a>"},
           {"<a>\x1b$B$\"\x1b(B</a>"sv, "text/xml; charset=iso-2022-jp", "<a>あ</a>"},
           // Bad bytes one by one.
           {"<a>\xc3\xa9\xc3\xa9 \x93</a>"sv, "text/xml; charset=utf-8", "<a>éé “</a>"},
           // Forbidden code points are dropped.
           {"<a>x\x00\x08\xef\xbf\xbey</a>"sv, "", "<a>xy</a>"},
           {"<a>\xe4\xb8"sv, "", "<a>"}}) {
    const Utf8Text result = ToUtf8(body, type);
    EXPECT_EQ(result.text(), text) << type;
  }
}

// Encoding Standard, 4.2, and what servers write besides.
TEST(ToUtf8, KnowsCharsetsByAllTheirLabels) {
  struct LabelCase {
    std::string_view body;
    std::vector<std::string_view> labels;
    std::string_view text;
    std::string_view charset;
  };
  for (const auto& [body, labels, text, charset] : std::vector<LabelCase>{
           {"\x8elu\x9dou\xe8k\xfd",
            {"win-1250", "CP1250", "x-cp1250", "windows_1250"},
            "Žluťoučký",
            "windows-1250"},
           {"\xcf\xf0\xe8", {"win-1251", "cp-1251", "WINDOWS-1251"}, "При", "windows-1251"},
           {"\xd6\xd0",
            {"GB18030-2000", "gb_2312-80", "EUC_CN", "CP936", "x-gbk"},
            "中",
            "gb18030"},
           {"\xa4\xa2", {"ujis", "x-euc-jp", "eucJP-ms", "cp51932"}, "あ", "euc-jp"},
           {"\x82\xa0", {"ms_kanji", "SJIS-win", "Windows-31J", "csShiftJIS"}, "あ", "shift_jis"},
           {"\xb0\xa1", {"ks_c_5601-1987", "csEUCKR", "ms949"}, "가", "cp949"},
           {"\x81\x84", {"cp850", "IBM850", "dos-850"}, "üä", "ibm850"},
           {"\xa5\x88", {"cp852", "ibm852"}, "ął", "ibm852"},
           {"\xe9",
            {"iso_8859-1:1987", "8859_1", "ISO 8859-1", "Latin-1", "cp819", "'ascii'"},
            "é",
            "windows-1252"},
           {"\xe1", {"greek", "ISO_8859-7:1987", "sun_eu_greek"}, "α", "iso-8859-7"},
           {"\xc1", {"koi", "KOI8_R", "cskoi8r"}, "а", "koi8-r"},
           {"\xa1", {"tis-620", "iso-8859-11", "dos-874"}, "ก", "windows-874"}}) {
    for (const auto label : labels) {
      const std::string type = "text/xml; charset=" + std::string(label);
      // A blank in it ends a token of HTTP, but not a declaration.
      const std::string declared = "<?xml version='1.0' encoding=\"" + std::string(label) + "\"?>";
      const Utf8Text result = ToUtf8(declared + std::string(body) + ".", "text/xml");
      EXPECT_EQ(result.text(), declared + std::string(text) + ".") << label;
      EXPECT_EQ(result.charset, charset) << label;
      EXPECT_EQ(result.source, CharsetSource::kDeclaration) << label;
      if (label.find_first_of(" '") != std::string_view::npos) continue;
      EXPECT_EQ(ToUtf8(std::string(body) + ".", type).text(), std::string(text) + ".") << label;
      EXPECT_EQ(ToUtf8(std::string(body) + ".", type).source, CharsetSource::kContentType) << label;
    }
  }
}

TEST(ToUtf8, SaysWhyItReadsAsItDoes) {
  using namespace std::string_view_literals;
  struct SourceCase {
    std::string_view body;
    std::string_view content_type;
    std::string_view charset;
    CharsetSource source;
  };
  for (const auto& [body, type, charset, source] : std::vector<SourceCase>{
           {"\xef\xbb\xbf<a/>"sv, "", "utf-8", CharsetSource::kByteOrderMark},
           {"\xfe\xff\0<"sv, "", "utf-16be", CharsetSource::kByteOrderMark},
           {"<\0a\0"sv, "", "utf-16le", CharsetSource::kBytePattern},
           {"<a>\xc3\xa9</a>"sv, "x; charset=koi8-r", "utf-8", CharsetSource::kValidUtf8},
           {"<a>\xe9</a>"sv, "x; charset=\"iso-8859-2\"", "iso-8859-2",
            CharsetSource::kContentType},
           {"<a>\xe9</a>"sv, "x; charset=charset=iso-8859-2", "iso-8859-2",
            CharsetSource::kContentType},
           {"<?xml encoding='koi8-r'?>\xc1"sv, "x; charset=nobody", "koi8-r",
            CharsetSource::kDeclaration},
           {"<a>\x1b$B$\"\x1b(B</a>"sv, "", "iso-2022-jp", CharsetSource::kDetected},
           {"<a>\xe9</a>"sv, "", "windows-1252", CharsetSource::kFallback}}) {
    const Utf8Text result = ToUtf8(body, type);
    EXPECT_EQ(result.charset, charset) << body << type;
    EXPECT_EQ(result.source, source) << body << type;
  }
}

TEST(ToUtf8, TakesNoConverterByName) {
  for (const auto* name : {"ISO-2022-CN-EXT", "UTF-7", "ibm-1390", "../../x", "SCSU", "BOCU-1"}) {
    const auto result = ToUtf8("<a>+ADw-script+AD4- \xe9</a>", std::string("x;charset=") + name);
    EXPECT_NE(result.text().find("+ADw-script"), std::string_view::npos) << name;
  }
}

}  // namespace
}  // namespace saunter::crawler::text
