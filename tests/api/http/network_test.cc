#include "api/http/network.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace saunter::api::http {
namespace {

IpAddress Parsed(std::string_view text) {
  const auto address = ParseIpAddress(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress{});
}

std::uint64_t NetworkIn(std::string_view text) { return NetworkOf(Parsed(text)); }

const std::vector<IpBlock> kLoopback = {*ParseIpBlock("127.0.0.1"), *ParseIpBlock("::1")};

// The reader's network, as a proxy on this machine forwards it.
std::uint64_t Forwarded(std::string_view forwarded_for) {
  return NetworkOf(ReaderAddress(Parsed("127.0.0.1"), forwarded_for, kLoopback));
}

TEST(Network, IsTheSameForABlockOf24BitsAndNoOther) {
  EXPECT_EQ(NetworkIn("192.0.2.1"), NetworkIn("192.0.2.254"));
  EXPECT_NE(NetworkIn("192.0.2.1"), NetworkIn("192.0.3.1"));
  EXPECT_NE(NetworkIn("192.0.2.1"), NetworkIn("193.0.2.1"));
}

TEST(Network, IsTheSameForABlockOf48BitsOfIpv6) {
  EXPECT_EQ(NetworkIn("2001:db8:1::1"), NetworkIn("2001:db8:1:ffff:1:2:3:4"));
  EXPECT_NE(NetworkIn("2001:db8:1::1"), NetworkIn("2001:db8:2::1"));
}

TEST(Network, OfIpv4IsNoneOfIpv6) {
  EXPECT_EQ(NetworkIn("192.0.2.1"), NetworkIn("::ffff:192.0.2.1"));
  EXPECT_EQ(NetworkIn("192.0.2.1"), NetworkIn("::ffff:c000:0299"));
  EXPECT_NE(NetworkIn("0.0.1.0"), NetworkIn("::1"));
  // The deprecated form "compatible with IPv4" is an address of IPv6.
  EXPECT_NE(NetworkIn("192.0.2.1"), NetworkIn("::192.0.2.1"));
  EXPECT_EQ(Parsed("192.0.2.1"), Parsed("::ffff:192.0.2.1"));
}

TEST(Network, TakesNoAddressThatIsWrittenOddly) {
  for (const auto& text :
       {"", " ", "1", "127.1", "0127.0.0.1", "1.2.3.4.5", "1.2.3.256", "0x7f.0.0.1", "2130706433",
        ":::", "::1%lo", "fe80::1%25eth0", "[::1]", "1.2.3.4/24", "localhost", "unknown",
        "1.2.3.4 ", "2001:db8:1:2:3:4:5:6:7"}) {
    EXPECT_FALSE(ParseIpAddress(text)) << text;
  }
  EXPECT_FALSE(ParseIpAddress(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(ParseIpAddress(std::string(100000, '1')));
}

TEST(Network, KnowsWhatABlockHolds) {
  const auto holds = [](std::string_view block, std::string_view address) {
    const auto parsed = ParseIpBlock(block);
    EXPECT_TRUE(parsed) << block;
    return parsed && parsed->Holds(Parsed(address));
  };
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(holds("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(holds("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(holds("192.168.4.7", "::ffff:192.168.4.7"));
  EXPECT_FALSE(holds("192.168.4.7", "192.168.4.6"));
  EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(holds("::/0", "2001:db8::1"));
  EXPECT_FALSE(holds("::/0", "203.0.113.9"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  for (const auto* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
                           "10.0.0.0/8x", "::/129", "10.0.0.0/8/8", "a/8"}) {
    EXPECT_FALSE(ParseIpBlock(text)) << text;
  }
}

TEST(Network, IsTheLastForwardedOneOfATrustedPeer) {
  const auto reader = NetworkIn("203.0.113.9");
  for (const auto* field : {"203.0.113.9", "198.51.100.1, 203.0.113.9", "198.51.100.1,203.0.113.77",
                            "junk, 203.0.113.9", ",,203.0.113.9", "\t203.0.113.9 ",
                            "203.0.113.9:4711", "::ffff:203.0.113.9", "[::ffff:203.0.113.9]:80",
                            "[::ffff:203.0.113.9]", "127.0.0.1, 203.0.113.9"}) {
    EXPECT_EQ(Forwarded(field), reader) << field;
  }
  EXPECT_EQ(Forwarded("[2001:db8::1]:443"), NetworkIn("2001:db8::1"));
  EXPECT_EQ(Forwarded("[2001:db8::1]"), NetworkIn("2001:db8::1"));
  EXPECT_EQ(Forwarded("2001:db8::1"), NetworkIn("2001:db8::1"));
}

// Whoever sends junk shares the proxy's own network with all who do.
TEST(Network, IsTheProxysOwnIfTheLastElementIsNoAddress) {
  const auto own = NetworkIn("127.0.0.1");
  for (const auto* field : {"",
                            "unknown",
                            "_hidden",
                            "203.0.113.9,",
                            "203.0.113.9, ",
                            "203.0.113.9,junk",
                            "203.0.113.9 198.51.100.1",
                            "203.0.113.9;",
                            "\"203.0.113.9\"",
                            "203.0.113.9:",
                            ":80",
                            "203.0.113.9:99999",
                            "203.0.113.9:-1",
                            "203.0.113.9:80:80",
                            "[203.0.113.9]",
                            "[2001:db8::1",
                            "2001:db8::1]",
                            "[2001:db8::1]80",
                            "[2001:db8::1]:",
                            "[2001:db8::1]:x",
                            "[]",
                            "[]:80",
                            "[[2001:db8::1]]",
                            "fe80::1%eth0",
                            "for=203.0.113.9",
                            "203.0.113.9\xff"}) {
    EXPECT_EQ(Forwarded(field), own) << field;
  }
  EXPECT_EQ(Forwarded(std::string(4000, ',')), own);
  EXPECT_EQ(Forwarded(std::string(4000, '[')), own);
}

TEST(Network, IsThePeersOwnIfNobodyTrustsIt) {
  for (const auto* peer : {"203.0.113.9", "127.0.0.2", "::2", "2001:db8::1"}) {
    EXPECT_EQ(ReaderAddress(Parsed(peer), "198.51.100.1", kLoopback), Parsed(peer)) << peer;
    EXPECT_EQ(ReaderAddress(Parsed(peer), "198.51.100.1", {}), Parsed(peer)) << peer;
  }
  EXPECT_EQ(ReaderAddress(Parsed("::ffff:127.0.0.1"), "198.51.100.1", kLoopback),
            Parsed("198.51.100.1"));
  EXPECT_EQ(ReaderAddress(Parsed("::1"), "198.51.100.1", kLoopback), Parsed("198.51.100.1"));
}

}  // namespace
}  // namespace saunter::api::http
