#include "crawler/fetch/target.h"

#include <gtest/gtest.h>

namespace saunter::crawler::fetch {
namespace {

bool MayAsk(const char* text, const schemas::FetchSettings& settings = {}) {
  const auto url = url::ParseUrl(text);
  EXPECT_TRUE(url) << text;
  return url && MayBeAsked(*url, settings);
}

TEST(Target, IsWhatThePublicInternetHas) {
  for (const auto* text :
       {"http://a.example/", "https://www.blog.com/post", "http://93.184.216.34/",
        "https://[2606:2800:220:1::1]/", "https://xn--bcher-kva.example/", "http://local.blog.com/",
        "https://nonlocal.org/", "http://b.example:80/", "https://home.blog/"}) {
    EXPECT_TRUE(MayAsk(text)) << text;
  }
}

TEST(Target, IsNoAddressOfAPrivateNetwork) {
  for (const auto* text :
       {"http://192.168.1.20/y", "http://127.0.0.1/", "http://10.0.0.1/", "http://172.16.0.9/",
        "http://169.254.169.254/latest", "http://100.64.0.1/", "http://0.0.0.0/",
        "http://224.0.0.1/", "http://[fd00::5]/", "http://[::1]/", "http://[fe80::1]/",
        "http://[::ffff:10.0.0.1]/"}) {
    EXPECT_FALSE(MayAsk(text)) << text;
  }
}

TEST(Target, IsNoNameOfAPrivateNetwork) {
  for (const auto* text :
       {"http://localhost/", "http://a.localhost/", "http://localhost./", "http://printer.local/",
        "http://x.onion/", "http://git.internal/", "http://router.home.arpa/", "http://wiki.lan/",
        "http://files.corp/", "http://intranet/", "http://nas/", "http://shop.test/",
        "http://WIKI.LAN/"}) {
    EXPECT_FALSE(MayAsk(text)) << text;
  }
}

TEST(Target, IsNoOtherPort) {
  EXPECT_FALSE(MayAsk("http://a.example:9999/"));
  EXPECT_FALSE(MayAsk("https://a.example:22/"));
  EXPECT_TRUE(MayAsk("https://a.example:80/"));
}

TEST(Target, IsWhatTheSettingsOpen) {
  schemas::FetchSettings settings;
  settings.allow_networks = {"192.168.7.0/24", "fd00::/8"};
  settings.allow_ports = {80, 4000};
  settings.allow_names = {"localhost", "wiki.lan"};
  for (const auto* text : {"http://192.168.7.9/", "http://[fd00::5]/", "http://localhost:4000/",
                           "http://wiki.lan/", "http://old.wiki.lan/"}) {
    EXPECT_TRUE(MayAsk(text, settings)) << text;
  }
  for (const auto* text :
       {"http://192.168.8.9/", "http://mywiki.lan/", "http://lan/", "https://a.example/"}) {
    EXPECT_FALSE(MayAsk(text, settings)) << text;
  }
}

}  // namespace
}  // namespace saunter::crawler::fetch
