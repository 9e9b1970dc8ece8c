#include "crawler/url/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saunter::crawler::url {
namespace {

std::string Parsed(std::string_view text) {
  const auto url = ParseUrl(text);
  return url ? url->ToString() : "refused";
}

std::string Resolved(std::string_view base, std::string_view reference) {
  const auto url = ResolveUrl(base, reference);
  return url ? url->ToString() : "refused";
}

std::string Canonical(std::string_view text, KeepFragment keep = KeepFragment::kNo) {
  const auto url = ParseUrl(text);
  return url ? CanonicalUrl(*url, keep) : "refused";
}

TEST(ParseUrl, SplitsItsComponents) {  // RFC 3986, 3
  const auto url = ParseUrl("https://blog.example.org:8443/a/b?c=d&e#f");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "blog.example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/b");
  EXPECT_EQ(url->query, "?c=d&e");
  EXPECT_EQ(url->fragment, "#f");
}

TEST(ParseUrl, FoldsTheCaseOfSchemeAndHostOnly) {  // RFC 3986, 6.2.2.1
  EXPECT_EQ(Parsed("HTTP://Example.COM/Path?Query#Fragment"),
            "http://example.com/Path?Query#Fragment");
}

TEST(ParseUrl, PutsASlashForAnEmptyPath) {  // RFC 3986, 6.2.3
  EXPECT_EQ(Parsed("http://example.com"), "http://example.com/");
  EXPECT_EQ(Parsed("http://example.com?q"), "http://example.com/?q");
  EXPECT_EQ(Parsed("http://example.com#f"), "http://example.com/#f");
}

TEST(ParseUrl, PrintsThePortOnlyWhereItIsNotTheSchemesOwn) {  // RFC 3986, 3.2.3 and 6.2.3
  EXPECT_EQ(Parsed("http://example.com:80/"), "http://example.com/");
  EXPECT_EQ(Parsed("https://example.com:443/"), "https://example.com/");
  EXPECT_EQ(Parsed("http://example.com:443/"), "http://example.com:443/");
  EXPECT_EQ(Parsed("http://example.com:/"), "http://example.com/");
  EXPECT_EQ(Parsed("http://example.com:08080/"), "http://example.com:8080/");
  EXPECT_EQ(Parsed("http://example.com:65535/"), "http://example.com:65535/");
}

TEST(ParseUrl, RemovesDotSegments) {  // RFC 3986, 5.2.4 and 6.2.2.3
  EXPECT_EQ(Parsed("http://h/a/b/c/./../../g"), "http://h/a/g");
  EXPECT_EQ(Parsed("http://h/mid/content=5/../6"), "http://h/mid/6");
  EXPECT_EQ(Parsed("http://h/.."), "http://h/");
  EXPECT_EQ(Parsed("http://h/a/."), "http://h/a/");
  EXPECT_EQ(Parsed("http://h/a/.."), "http://h/");
  EXPECT_EQ(Parsed("http://h/a//../b"), "http://h/a/b");
  EXPECT_EQ(Parsed("http://h/.well-known/..x/x.."), "http://h/.well-known/..x/x..");
  EXPECT_EQ(Parsed("http://h/a?b/../c"), "http://h/a?b/../c");
}

TEST(ParseUrl, KeepsPercentEncodingsAsTheyAre) {
  EXPECT_EQ(Parsed("http://h/%7euser/%2F%c3%A9?q=%20#%41"), "http://h/%7euser/%2F%c3%A9?q=%20#%41");
}

TEST(ParseUrl, KeepsSubDelimitersAndAtSignsAfterTheHost) {  // RFC 3986, 3.3 and 3.4
  EXPECT_EQ(Parsed("https://h/@name/a:b;c=d,e!$&'()*+?x[]=1/?@"),
            "https://h/@name/a:b;c=d,e!$&'()*+?x[]=1/?@");
}

TEST(ParseUrl, TrimsAndDropsLineBreaksAndTabsLeniently) {
  EXPECT_EQ(Parsed(" \r\n\thttp://exa\nmple.com/a\tb\r\nc \n"), "http://example.com/abc");
}

TEST(ParseUrl, EncodesWhatNoUriHasLeniently) {  // RFC 3986, 2.1
  EXPECT_EQ(Parsed("http://h/a b?c d#e f"), "http://h/a%20b?c%20d#e%20f");
  EXPECT_EQ(Parsed("http://h/\"<>\\^`{|}"), "http://h/%22%3C%3E%5C%5E%60%7B%7C%7D");
  EXPECT_EQ(Parsed("http://h/café?\xe4#\x7f\x01"), "http://h/caf%C3%A9?%E4#%7F%01");
  EXPECT_EQ(Parsed("http://h/100%"), "http://h/100%");
}

TEST(ParseUrl, GivesPrintableAsciiForAnyByte) {
  for (int byte = 1; byte < 256; ++byte) {
    const auto url = ParseUrl("http://h/x" + std::string(1, static_cast<char>(byte)) + "y");
    ASSERT_TRUE(url) << byte;
    for (const char c : url->ToString()) {
      EXPECT_GT(c, 0x20) << byte;
      EXPECT_LT(c, 0x7f) << byte;
    }
  }
}

TEST(ParseUrl, RefusesOtherSchemes) {
  for (const auto* text : {"ftp://example.com/",
                           "file:///etc/passwd",
                           "javascript:alert(1)",
                           "data:text/html,x",
                           "gopher://example.com/",
                           "mailto:a@example.com",
                           "feed://example.com/",
                           "httpx://h/",
                           "http:example.com",
                           "http:/example.com/",
                           "://example.com/",
                           "//example.com/",
                           "/path",
                           "example.com/feed",
                           "",
                           " ",
                           ":",
                           "http",
                           "http:",
                           "1http://h/",
                           "ht tp://h/"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(ParseUrl, RefusesCredentials) {  // RFC 3986, 7.5 and 7.6
  for (const auto* text : {"http://user@example.com/", "http://user:pw@example.com/",
                           "http://@example.com/", "http://good.example@evil.example/"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(ParseUrl, RefusesABackslashBeforeThePath) {
  for (const auto* text : {"http://good.example\\@evil.example/", "http:\\\\example.com/",
                           "http://example.com\\path", "http://\\example.com/"}) {
    EXPECT_EQ(Parsed(text), "refused") << text;
  }
}

TEST(ParseUrl, RefusesNul) {
  EXPECT_EQ(Parsed(std::string_view("http://example.com/a\0b", 22)), "refused");
  EXPECT_EQ(Parsed(std::string_view("http://example.com/\0", 20)), "refused");
  EXPECT_EQ(Parsed("http://exa%00mple.com/"), "refused");
}

TEST(ParseUrl, RefusesMalformedHosts) {  // RFC 3986, 3.2.2; RFC 1035, 2.3.4
  const std::string label64(64, 'a');
  std::string host254 = "a";
  while (host254.size() < 254) host254 += host254.size() % 50 == 0 ? "." : "a";
  for (const std::string& host : {std::string(""),
                                  std::string("."),
                                  std::string("a..b"),
                                  std::string(".a"),
                                  std::string("a b"),
                                  std::string("a,b"),
                                  std::string("a%2fb"),
                                  std::string("a%"),
                                  std::string("a%4"),
                                  std::string("a%zz"),
                                  std::string("a<b"),
                                  std::string("[]"),
                                  std::string("[::1"),
                                  std::string("::1"),
                                  std::string("[::1]x"),
                                  std::string("[1.2.3.4]"),
                                  std::string("[fe80::1%25eth0]"),
                                  std::string("[::g]"),
                                  std::string("a\x01"
                                              "b"),
                                  std::string("\xff\xfe.example"),
                                  label64 + ".example",
                                  host254}) {
    EXPECT_EQ(Parsed("http://" + host + "/"), "refused") << host;
  }
}

TEST(ParseUrl, RefusesBadPorts) {
  for (const auto* port :
       {"0", "00", "65536", "99999999999999999999", "-1", "+80", "8 0", "80a", "%38%30", "80:80"}) {
    EXPECT_EQ(Parsed(std::string("http://example.com:") + port + "/"), "refused") << port;
  }
}

TEST(ParseUrl, RefusesNumbersThatOnlyDisguiseAnAddress) {
  for (const auto* host :
       {"2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "1.2.3", "256.1.1.1",
        "1.2.3.4.5", "example.1", "example.0x", "1.2.3.04", "１２７.1"}) {
    EXPECT_EQ(Parsed(std::string("http://") + host + "/"), "refused") << host;
  }
  EXPECT_EQ(Parsed("http://127.0.1.1:8080/"), "http://127.0.1.1:8080/");
  EXPECT_EQ(Parsed("http://1password.com/"), "http://1password.com/");
  EXPECT_EQ(Parsed("http://0x.example/"), "http://0x.example/");
}

TEST(ParseUrl, WritesAnIpv6AddressInOneWay) {  // RFC 5952, 4
  EXPECT_EQ(Parsed("http://[2001:DB8:0:0:0:0:0:1]:8080/"), "http://[2001:db8::1]:8080/");
  EXPECT_EQ(Parsed("http://[::1]/"), "http://[::1]/");
}

TEST(ParseUrl, DropsTheDotAfterAHost) {
  EXPECT_EQ(Parsed("http://example.com./a"), "http://example.com/a");
  EXPECT_EQ(Parsed("http://example.com../a"), "refused");
}

TEST(ParseUrl, GivesALabelsForInternationalHosts) {  // RFC 5891, 5; RFC 5892, A
  EXPECT_EQ(Parsed("https://bücher.example/"), "https://xn--bcher-kva.example/");
  EXPECT_EQ(Parsed("https://BÜCHER.example/"), "https://xn--bcher-kva.example/");
  EXPECT_EQ(Parsed("https://b%C3%BCcher.example/"), "https://xn--bcher-kva.example/");
  EXPECT_EQ(Parsed("https://straße.example/"), "https://xn--strae-oqa.example/");
  EXPECT_EQ(Parsed("https://中文。中国/"), "https://xn--fiq228c.xn--fiqs8s/");
  EXPECT_EQ(Parsed("https://xn--bcher-kva.example/"), "https://xn--bcher-kva.example/");
  // Unicode Technical Standard 46: IDNA 2008 has no symbols, and browsers have.
  EXPECT_EQ(Parsed("https://🐈.example/a"), "https://xn--zn8h.example/a");
  EXPECT_EQ(Parsed("https://i❤.example/"), "https://xn--i-7iq.example/");
  EXPECT_EQ(Parsed("https://i❤️.example/"), "https://xn--i-7iq.example/") << "as a picture";
  EXPECT_EQ(Parsed("https://☃.bücher.example/"), "https://xn--n3h.xn--bcher-kva.example/");
  EXPECT_EQ(Parsed("https://%F0%9F%90%88.example/"), "https://xn--zn8h.example/");
}

TEST(ParseUrl, TakesHostsThatLiveThoughNoRfcLikesThemLeniently) {
  EXPECT_EQ(Parsed("http://my_blog.example.com/"), "http://my_blog.example.com/");
  EXPECT_EQ(Parsed("http://-a-.example.com/"), "http://-a-.example.com/");
  EXPECT_EQ(Parsed("http://localhost/"), "http://localhost/");
}

TEST(ParseUrl, RefusesMoreThan8192Bytes) {
  const std::string base = "http://example.com/";
  EXPECT_NE(Parsed(base + std::string(8000, 'a')), "refused");
  EXPECT_EQ(Parsed(base + std::string(8192, 'a')), "refused");
  EXPECT_EQ(Parsed(base + std::string(4000, '\x80')), "refused");  // three times as long encoded
  EXPECT_EQ(Parsed(std::string(1 << 20, 'a')), "refused");
  EXPECT_EQ(Resolved(base, std::string(8192, 'a')), "refused");
  EXPECT_EQ(Resolved(base + std::string(8000, 'a') + "/", std::string(8000, 'a')), "refused");
}

TEST(ParseUrl, GivesItselfBack) {
  for (const auto* text :
       {"http://example.com/", "https://example.com:8443/a//b/?#", "http://[::1]:1/%2e%2e/x?y=%zz#",
        "http://h/a b\\c", "https://bücher.example/ü"}) {
    const auto once = Parsed(text);
    EXPECT_NE(once, "refused") << text;
    EXPECT_EQ(Parsed(once), once) << text;
  }
}

constexpr std::string_view kRfcBase = "http://a/b/c/d;p?q";

TEST(ResolveUrl, ResolvesTheNormalExamples) {  // RFC 3986, 5.4.1
  const std::map<std::string, std::string> examples = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},  // 6.2.3: an empty path is "/"
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"g:h", "refused"},  // resolves to g:h, which is neither http nor https
  };
  for (const auto& [reference, expected] : examples) {
    EXPECT_EQ(Resolved(kRfcBase, reference), expected) << reference;
  }
}

TEST(ResolveUrl, ResolvesTheAbnormalExamples) {  // RFC 3986, 5.4.2
  const std::map<std::string, std::string> examples = {
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "refused"},  // the strict reading
  };
  for (const auto& [reference, expected] : examples) {
    EXPECT_EQ(Resolved(kRfcBase, reference), expected) << reference;
  }
}

TEST(ResolveUrl, DropsTheFragmentOfTheBase) {  // RFC 3986, 5.1
  EXPECT_EQ(Resolved("http://a/b#s", ""), "http://a/b");
}

TEST(ResolveUrl, TakesAnAbsoluteReferenceWhateverTheBase) {
  for (const auto* base : {"", "not a URL", "mailto:a@b", "http://a/"}) {
    EXPECT_EQ(Resolved(base, "https://example.com/x"), "https://example.com/x") << base;
  }
}

TEST(ResolveUrl, RefusesARelativeReferenceWithoutAUsableBase) {
  for (const auto* base : {"", "not a URL", "mailto:a@b", "http://user@a/", "/b"}) {
    EXPECT_EQ(Resolved(base, "x"), "refused") << base;
    EXPECT_EQ(Resolved(base, "//example.com/"), "refused") << base;
  }
}

TEST(ResolveUrl, RefusesWhatResolvesToNoUsableUrl) {
  for (const auto* reference : {"//user@evil.example/", "//a b/", "javascript:alert(1)",
                                "//evil.example\\x", "///x", "//:80/"}) {
    EXPECT_EQ(Resolved("https://a/b", reference), "refused") << reference;
  }
}

TEST(ResolveUrl, NeverTakesABackslashForASlash) {
  EXPECT_EQ(Resolved("https://a/b", "\\\\evil.example"), "https://a/%5C%5Cevil.example");
  EXPECT_EQ(Resolved("https://a/b", "/\\evil.example"), "https://a/%5Cevil.example");
}

TEST(NormaliseFeedUrl, DropsTheFragmentOnly) {
  EXPECT_EQ(NormaliseFeedUrl(" HTTP://Example.com/feed?format=rss&utm_source=x#top "),
            "http://example.com/feed?format=rss&utm_source=x");
  EXPECT_FALSE(NormaliseFeedUrl("example.com/feed"));
}

TEST(CanonicalUrl, RemovesTrackingAndTouchesNothingElse) {
  EXPECT_EQ(Canonical("https://h/p?b=2&utm_source=rss&a=%7e&UTM_Medium=x&c"),
            "https://h/p?b=2&a=%7e&c");
  EXPECT_EQ(Canonical("https://h/p?utm_source=rss&fbclid=1"), "https://h/p");
  EXPECT_EQ(Canonical("https://h/p?utm_source=rss&"), "https://h/p");
  EXPECT_EQ(Canonical("https://h/p?a=1&amp;utm_source=rss"), "https://h/p?a=1");
  EXPECT_EQ(Canonical("https://h/p?xtor=RSS-1"), "https://h/p");
  EXPECT_EQ(Canonical("https://h/p?"), "https://h/p?");
  EXPECT_EQ(Canonical("https://h/p?&b&&a=1"), "https://h/p?&b&&a=1");
  EXPECT_EQ(Canonical("https://h/p?q=utm_source=1"), "https://h/p?q=utm_source=1");
  for (const auto* tracker :
       {"source=rss-1a2b3c------2", "SOURCE=RSS----x---4", "at_medium=RSS", "at_campaign=rss",
        "ns_mchannel=rss", "ns_source=PublicRSS20-sa", "traffic_source=rss", "rss=1", "amp;rss=1",
        "utm_", "fb_action_ids=1", "fbclid", "at_medium"}) {
    EXPECT_EQ(Canonical(std::string("https://h/p?a=1&") + tracker), "https://h/p?a=1") << tracker;
  }
  const std::string long_value(5000, 'x');
  EXPECT_EQ(Canonical("https://h/p?fbclid=" + long_value + "&a=1"), "https://h/p?a=1");
  EXPECT_EQ(Canonical("https://h/p?" + long_value + "=1"), "https://h/p?" + long_value + "=1");
}

TEST(CanonicalUrl, KeepsParametersThatMayNameAPost) {
  for (const auto* query : {"?p=1", "?id=2", "?ref=x", "?source=rss", "?source=rss2", "?rss=12",
                            "?rss=0", "?rss", "?medium=1", "?ns=1", "?at=1", "?=rss-1", "?s=a",
                            "?utm=1", "?gclid_x", "?pk_id=1", "?page=2", "?=utm_source"}) {
    const auto url = std::string("https://h/p") + query;
    EXPECT_EQ(Canonical(url), url);
  }
}

TEST(CanonicalUrl, KeepsAFragmentOnlyWhenTold) {
  EXPECT_EQ(Canonical("https://h/p#one"), "https://h/p");
  EXPECT_EQ(Canonical("https://h/p#one", KeepFragment::kYes), "https://h/p#one");
  EXPECT_EQ(Canonical("https://h/p#utm_source=rss", KeepFragment::kYes), "https://h/p");
}

TEST(UrlKey, FoldsSchemeAndLeadingWww) {
  const auto key = UrlKey("https://example.com/a?b");
  EXPECT_EQ(UrlKey("http://example.com/a?b"), key);
  EXPECT_EQ(UrlKey("https://www.example.com/a?b"), key);
  EXPECT_EQ(UrlKey("http://www.example.com/a?b"), key);
  EXPECT_NE(UrlKey("https://example.com/a?B"), key);
  EXPECT_NE(UrlKey("https://blog.example.com/a?b"), key);
  EXPECT_NE(UrlKey("https://example.com:8080/a?b"), key);
  EXPECT_NE(UrlKey("https://www.com/"), UrlKey("https://com/"));
}

// RFC 3986, 6.2.2.
TEST(UrlKey, ComparesPercentEncodingsByWhatTheyMean) {
  const auto same = [](std::string_view one, std::string_view other) {
    EXPECT_EQ(UrlKey(one), UrlKey(other)) << one << " " << other;
  };
  same("https://h.example/%e4%b8%ad", "https://h.example/%E4%B8%AD");
  same("https://h.example/%7Eann/%61%2D%5f%2e", "https://h.example/~ann/a-_.");
  same("https://h.example/?q=%c3%A9&x=%31", "https://h.example/?q=%C3%a9&x=1");
  const auto differ = [](std::string_view one, std::string_view other) {
    EXPECT_NE(UrlKey(one), UrlKey(other)) << one << " " << other;
  };
  differ("https://h.example/a%2Fb", "https://h.example/a/b");
  differ("https://h.example/a%26b", "https://h.example/a&b");
  differ("https://h.example/%25e4", "https://h.example/%e4");
  differ("https://h.example/%zz", "https://h.example/%ZZ");
  differ("https://h.example/a%2", "https://h.example/a%20");
}

TEST(TextKey, IsTheSameInEveryRelease) {  // XXH3, 64 bits, seed 0; stored in databases
  EXPECT_EQ(TextKey(""), 0x2d06800538d394c2);
  EXPECT_NE(TextKey("a"), TextKey("b"));
  EXPECT_NE(TextKey(std::string_view("a\0", 2)), TextKey("a"));
}

TEST(SiteHost, DropsALeadingWww) {
  EXPECT_EQ(SiteHost("www.example.com"), "example.com");
  EXPECT_EQ(SiteHost("example.com"), "example.com");
  EXPECT_EQ(SiteHost("www.com"), "www.com");
  EXPECT_EQ(SiteHost("www.www.example.com"), "www.example.com");
  EXPECT_EQ(SiteHost("wwww.example.com"), "wwww.example.com");
}

TEST(SiteName, IsTheHostOrOneTenantOfIt) {
  const auto name = [](const char* text) { return SiteName(*ParseUrl(text)); };
  EXPECT_EQ(name("https://www.example.com/post"), "example.com");
  EXPECT_EQ(name("http://tilde.example/~ann/post"), "tilde.example/~ann");
  EXPECT_EQ(name("http://www.tilde.example:8080/~ann"), "tilde.example/~ann");
  EXPECT_EQ(name("http://tilde.example/~ann?page=2"), "tilde.example/~ann");
  EXPECT_EQ(name("http://tilde.example/%7Eann/"), "tilde.example/~ann");
  EXPECT_EQ(name("http://tilde.example/%7eann/"), "tilde.example/~ann");
  EXPECT_EQ(name("http://tilde.example/~/post"), "tilde.example");
  EXPECT_EQ(name("http://tilde.example/blog/~ann/post"), "tilde.example");
  EXPECT_EQ(name("http://tilde.example/~a%20b/post"), "tilde.example");
  EXPECT_EQ(name(("http://tilde.example/~" + std::string(64, 'a')).c_str()).size(), 13U + 66U);
  EXPECT_EQ(name(("http://tilde.example/~" + std::string(65, 'a')).c_str()), "tilde.example");
}

TEST(RegistrableDomain, FollowsThePublicSuffixList) {
  EXPECT_EQ(RegistrableDomain("blog.example.co.uk"), "example.co.uk");
  EXPECT_EQ(RegistrableDomain("example.com"), "example.com");
  EXPECT_EQ(RegistrableDomain("a.b.example.com"), "example.com");
  EXPECT_EQ(RegistrableDomain("someone.github.io"), "someone.github.io");
  EXPECT_EQ(RegistrableDomain("x.xn--fiq228c.xn--fiqs8s"), "xn--fiq228c.xn--fiqs8s");
}

TEST(RegistrableDomain, GivesSuffixesAndAddressesBack) {
  for (const auto* host : {"co.uk", "com", "github.io", "localhost", "127.0.1.1", "[::1]", ""}) {
    EXPECT_EQ(RegistrableDomain(host), host);
  }
}

TEST(IsPublicSuffix, KnowsWhatRegistriesHandOutNamesBelow) {
  for (const auto* host : {"com", "co.uk", "xn--fiqs8s"}) EXPECT_TRUE(IsPublicSuffix(host)) << host;
  for (const auto* host :
       {"example.com", "github.io", "localhost", "lan", "127.0.0.1", "[::1]", ""})
    EXPECT_FALSE(IsPublicSuffix(host)) << host;
}

}  // namespace
}  // namespace saunter::crawler::url
