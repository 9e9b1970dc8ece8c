#include "api/server/listening_socket.h"

#include <gtest/gtest.h>

namespace saunter::api::server {
namespace {

TEST(ParseEndpoint, TakesHostAndPort) {
  EXPECT_EQ(ParseEndpoint("127.0.0.1:80")->port, 80);
  EXPECT_EQ(ParseEndpoint("localhost:0")->host, "localhost");
  EXPECT_EQ(ParseEndpoint("[::1]:8080")->host, "::1");
  for (const auto* bad : {"", ":", "80", "localhost", ":80", "::1:80", "[::1]", "[a]:80", "a:b",
                          "a:65536", "a:-1", "a:", "a:80x"}) {
    EXPECT_FALSE(ParseEndpoint(bad)) << bad;
  }
}

}  // namespace
}  // namespace saunter::api::server
