#include "crawler/write/control.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/crawler/write/fixture.h"

namespace saunter::crawler::write {
namespace {

using schemas::ChangeOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A client that says byte for byte what a test wants.
class RawClient {
 public:
  explicit RawClient(const std::string& path) : descriptor_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    connected_ =
        connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(descriptor_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void Say(const std::string& bytes) {
    EXPECT_EQ(send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
  }
  // Until the server closes.
  std::string Hear() {
    std::string heard;
    char buffer[4096];
    ssize_t bytes = 0;
    while ((bytes = recv(descriptor_, buffer, sizeof(buffer), 0)) > 0) {
      heard.append(buffer, static_cast<std::size_t>(bytes));
    }
    return heard;
  }

 private:
  int descriptor_;
  bool connected_ = false;
};

std::string Framed(const std::string& text) {
  std::string header(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) header[i] = static_cast<char>(text.size() >> (24 - 8 * i));
  return header + text;
}

class ControlTest : public WriteTest {
 protected:
  void SetUp() override {
    OpenWriter();
    Start();
  }
  void Listen() { server_ = std::make_unique<ControlServer>(settings_.path, *thread_); }
  void TearDown() override { server_.reset(); }

  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlTest, ListensBesideTheDatabaseForItsGroupAlone) {
  Listen();
  struct stat status{};
  ASSERT_EQ(stat((settings_.path + ".control").c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(settings_.path + ".control"));
}

TEST_F(ControlTest, HandsChangesToTheWriterAndItsOutcomesBack) {
  Listen();
  const auto result = SubmitChanges(
      settings_.path, {Add("https://a.example/feed", "a.example"), Blacklisting("b.example"),
                       Add("https://b.example/feed", "b.example"), Unblacklisting("c.example")});
  ASSERT_EQ(result.status, SubmitStatus::kDone) << result.receipt.problem;
  EXPECT_TRUE(result.receipt.committed);
  EXPECT_EQ(result.receipt.batch_id, OpenReader()->ReadStats().batches);
  EXPECT_THAT(result.receipt.outcomes,
              ElementsAre(ChangeOutcome::kDone, ChangeOutcome::kDone, ChangeOutcome::kBlacklisted,
                          ChangeOutcome::kNotFound));
  EXPECT_TRUE(OpenReader()->FindFeed("https://a.example/feed"));
}

TEST_F(ControlTest, SaysThatNoCrawlerRuns) {
  EXPECT_EQ(SubmitChanges(settings_.path, {}).status, SubmitStatus::kNoCrawler);
}

TEST_F(ControlTest, ReplacesASocketThatACrashLeft) {
  const auto path = ControlPath(settings_.path);
  {
    const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    close(descriptor);
  }
  EXPECT_EQ(SubmitChanges(settings_.path, {}).status, SubmitStatus::kNoCrawler);
  Listen();
  EXPECT_EQ(SubmitChanges(settings_.path, {Blacklisting("b.example")}).status, SubmitStatus::kDone);
}

TEST_F(ControlTest, ThrowsWhereItCannotListen) {
  EXPECT_THROW(ControlServer(folder_ + "/none/saunter.db", *thread_), std::runtime_error);
  EXPECT_THROW(ControlServer(folder_ + "/" + std::string(200, 'x'), *thread_), std::runtime_error);
}

TEST_F(ControlTest, TellsWhatItDoesNotUnderstand) {
  Listen();
  for (const auto& request :
       {Framed("nonsense"), Framed(""), Framed(R"({"changes":[{"kind":"odd"}]})")}) {
    RawClient client(ControlPath(settings_.path));
    client.Say(request);
    EXPECT_THAT(client.Hear(), HasSubstr("not understood"));
  }
  RawClient client(ControlPath(settings_.path));
  client.Say("\xff\xff\xff\xff");
  EXPECT_THAT(client.Hear(), HasSubstr("too large"));
}

TEST_F(ControlTest, ServesOthersWhileAClientStalls) {
  Listen();
  RawClient silent(ControlPath(settings_.path));
  RawClient half(ControlPath(settings_.path));
  half.Say(Framed(R"({"changes":[]})").substr(0, 9));
  RawClient gone(ControlPath(settings_.path));
  ASSERT_TRUE(silent.connected() && half.connected() && gone.connected());
  EXPECT_EQ(SubmitChanges(settings_.path, {Blacklisting("b.example")}).status, SubmitStatus::kDone);
  half.Say(Framed(R"({"changes":[]})").substr(9));
  EXPECT_THAT(half.Hear(), HasSubstr("outcomes"));
}

TEST_F(ControlTest, TakesARequestOfManyPieces) {
  Listen();
  std::vector<schemas::OperatorChange> changes;
  for (int i = 0; i < 20000; ++i) {
    const auto host = "a" + std::to_string(i) + ".example";
    changes.push_back(Add("https://" + host + "/feed", host));
  }
  const auto result = SubmitChanges(settings_.path, changes);
  ASSERT_EQ(result.status, SubmitStatus::kDone) << result.receipt.problem;
  EXPECT_EQ(result.receipt.outcomes.size(), 20000U);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 20000);
}

TEST_F(ControlTest, ServesManySubmittersAtOnce) {
  Listen();
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> submitters;
    for (int i = 0; i < 24; ++i) {
      submitters.emplace_back([&, i] {
        const auto host = "a" + std::to_string(i) + ".example";
        const auto result = SubmitChanges(settings_.path, {Add("https://" + host + "/feed", host)});
        if (result.status == SubmitStatus::kDone &&
            result.receipt.outcomes == std::vector{ChangeOutcome::kDone}) {
          ++done;
        }
      });
    }
  }
  EXPECT_EQ(done, 24);
  EXPECT_EQ(OpenReader()->ReadStats().feeds, 24);
}

TEST_F(ControlTest, DoesNotSpinWhereNoDescriptorIsLeft) {
  Listen();
  const RawClient first(ControlPath(settings_.path));
  std::vector<int> taken;
  const auto cpu_ms = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
  };
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto before = limit;
  limit.rlim_cur = 128;
  setrlimit(RLIMIT_NOFILE, &limit);
  const int waiting = socket(AF_UNIX, SOCK_STREAM, 0);
  for (int descriptor = 0; (descriptor = dup(0)) >= 0;) taken.push_back(descriptor);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = ControlPath(settings_.path);
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(connect(waiting, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const auto began_ms = cpu_ms();
  pollfd nothing{waiting, POLLIN, 0};
  EXPECT_EQ(poll(&nothing, 1, 300), 0) << "it cannot be served";
  EXPECT_LT(cpu_ms() - began_ms, 100);
  for (const int descriptor : taken) close(descriptor);
  setrlimit(RLIMIT_NOFILE, &before);
  const auto request = Framed("{}");
  EXPECT_EQ(send(waiting, request.data(), request.size(), MSG_NOSIGNAL), std::ssize(request));
  EXPECT_EQ(poll(&nothing, 1, 10000), 1) << "and is, once it can be";
  close(waiting);
}

TEST_F(ControlTest, GivesTheWholeAnswerToACommittedChangeThoughItEnds) {
  Listen();
  std::string changes;
  constexpr int kChanges = 60000;
  for (int i = 0; i < kChanges; ++i) {
    changes += std::string(i == 0 ? "" : ",") + R"({"kind":"remove_blacklist","pattern":"x)" +
               std::to_string(i) + R"(.example"})";
  }
  RawClient client(ControlPath(settings_.path));
  client.Say(Framed("{\"changes\":[" + changes + "]}"));
  EXPECT_TRUE(WaitUntil([&] { return OpenReader()->ReadStats().batches > 0; }));
  // It reads nothing until the server is on its way out: more than a socket holds.
  const std::jthread end([&] { server_.reset(); });
  const auto heard = client.Hear();
  EXPECT_GT(heard.size(), 4U * kChanges);
  EXPECT_EQ(heard.back(), '}');
}

TEST_F(ControlTest, TellsThoseWhoWaitThatItEnds) {
  Listen();
  RawClient half(ControlPath(settings_.path));
  half.Say(Framed(R"({"changes":[]})").substr(0, 9));
  RawClient silent(ControlPath(settings_.path));
  server_.reset();
  EXPECT_THAT(half.Hear(), HasSubstr("stopping; nothing was changed"));
  EXPECT_THAT(silent.Hear(), HasSubstr("stopping; nothing was changed"));
}

TEST_F(ControlTest, PassesTheWritersRefusalOn) {
  Listen();
  thread_->Stop();
  const auto result = SubmitChanges(settings_.path, {Blacklisting("b.example")});
  EXPECT_EQ(result.status, SubmitStatus::kFailed);
  EXPECT_THAT(result.receipt.problem, HasSubstr("stopped"));
}

}  // namespace
}  // namespace saunter::crawler::write
