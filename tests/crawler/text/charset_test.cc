#include "crawler/text/charset.h"

#include <gtest/gtest.h>

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

TEST(ToUtf8, TakesNoConverterByName) {
  for (const auto* name : {"ISO-2022-CN-EXT", "UTF-7", "ibm-1390", "../../x", "SCSU", "BOCU-1"}) {
    const auto result = ToUtf8("<a>+ADw-script+AD4- \xe9</a>", std::string("x;charset=") + name);
    EXPECT_NE(result.text().find("+ADw-script"), std::string_view::npos) << name;
  }
}

}  // namespace
}  // namespace saunter::crawler::text
