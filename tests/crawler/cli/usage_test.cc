#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crawler/cli/saunter_program.h"

namespace saunter::crawler::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Usage : public SaunterTest {};

TEST_F(Usage, EndsWithTwoWhereTheCommandLineIsWrong) {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"nonsense"},
                                                       {"import"},
                                                       {"feed"},
                                                       {"feed", "show"},
                                                       {"stats", "extra"},
                                                       {"export", "--format", "csv"},
                                                       {"stats", "--nonsense"},
                                                       {"blacklist", "add"},
                                                       {"review"},
                                                       {"review", "uphold"}};
  for (const auto& arguments : wrong) {
    const auto completed = Run(arguments);
    EXPECT_EQ(completed.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_FALSE(completed.errors.empty()) << testing::PrintToString(arguments);
  }
}

TEST_F(Usage, ExplainsEveryCommand) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"import"},
                                                          {"export"},
                                                          {"feed"},
                                                          {"feed", "list"},
                                                          {"feed", "show"},
                                                          {"feed", "add"},
                                                          {"feed", "remove"},
                                                          {"feed", "pause"},
                                                          {"feed", "resume"},
                                                          {"site"},
                                                          {"site", "list"},
                                                          {"site", "show"},
                                                          {"category"},
                                                          {"category", "list"},
                                                          {"category", "rename"},
                                                          {"category", "merge"},
                                                          {"blacklist"},
                                                          {"category", "list"},
                                                          {"category", "rename", "a", "b"},
                                                          {"category", "merge", "a", "b"},
                                                          {"blacklist", "list"},
                                                          {"blacklist", "add"},
                                                          {"blacklist", "remove"},
                                                          {"blacklist", "test"},
                                                          {"blacklist", "import"},
                                                          {"review"},
                                                          {"review", "list"},
                                                          {"review", "show"},
                                                          {"review", "uphold"},
                                                          {"review", "dismiss"},
                                                          {"parse"},
                                                          {"fetch"},
                                                          {"random"},
                                                          {"stats"},
                                                          {"doctor"},
                                                          {"db"},
                                                          {"db", "check"},
                                                          {"db", "backup"},
                                                          {"db", "migrate"},
                                                          {"db", "move"},
                                                          {"config"},
                                                          {"config", "check"},
                                                          {"config", "show"}};
  for (auto arguments : commands) {
    arguments.emplace_back("--help");
    const auto completed = Run(arguments);
    EXPECT_EQ(completed.exit_code, 0) << testing::PrintToString(arguments);
    EXPECT_THAT(completed.output, HasSubstr("--help")) << testing::PrintToString(arguments);
  }
}

TEST_F(Usage, NamesWhatWasMeantByAMistypedCommandOrFlag) {
  struct Case {
    std::vector<std::string> arguments;
    std::string said;
  };
  const std::vector<Case> cases = {
      {{"improt", "list.opml"}, "saunter has no command \"improt\"; did you mean import?"},
      {{"feeds", "list"}, "saunter has no command \"feeds\"; did you mean feed?"},
      {{"feed", "lsit"}, "saunter feed has no command \"lsit\"; did you mean list?"},
      {{"db", "restor", "x"}, "saunter db has no command \"restor\"; did you mean restore?"},
      {{"export", "--formta", "text"},
       "saunter export has no flag --formta; did you mean --format?"},
      {{"export", "--formt=text"}, "saunter export has no flag --formt; did you mean --format?"},
      {{"stats", "--jsn"}, "saunter stats has no flag --jsn; did you mean --json?"},
      {{"stats", "--fetch.transfer_max", "3"}, "did you mean --fetch.transfers_max?"},
      {{"--jsno", "stats"}, "did you mean --json?"},
      {{"nonsense"}, "saunter has no command \"nonsense\"; see saunter --help"},
      {{"stats", "--nonsense"}, "saunter stats has no flag --nonsense; see saunter stats --help"},
      {{"stats", "extra"}, "\"extra\" is too much; see saunter stats --help"},
      {{"feed", "show"}, "see saunter feed show --help"},
      {{"export", "--format", "csv"}, "see saunter export --help"}};
  for (const auto& one : cases) {
    const auto completed = Run(one.arguments);
    EXPECT_EQ(completed.exit_code, 2) << one.said;
    EXPECT_THAT(completed.errors, HasSubstr(one.said));
    EXPECT_EQ(std::ranges::count(completed.errors, '\n'), 1) << completed.errors;
  }
}

TEST_F(Usage, HelpsWhereNoCommandIsGiven) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{}, {"--json"}}) {
    const auto completed = Run(arguments);
    EXPECT_EQ(completed.exit_code, 2);
    EXPECT_THAT(completed.errors, HasSubstr("Usage: saunter"));
    EXPECT_THAT(completed.errors, HasSubstr("saunter import subscriptions.opml"));
  }
  EXPECT_THAT(Run({"feed"}).errors, HasSubstr("Usage: saunter feed"));
}

TEST_F(Usage, ShowsCommandsFirstAndSettingsOnlyWhereTheyAreAskedFor) {
  const auto help = Run({"--help"}).output;
  EXPECT_LT(help.find("  import "), help.find("--version"));
  EXPECT_LT(help.find("--version"), help.find("Examples:"));
  EXPECT_THAT(help, HasSubstr("--help-settings"));
  EXPECT_THAT(help, Not(HasSubstr("fetch.transfers_max")));
  EXPECT_LT(std::ranges::count(help, '\n'), 50);
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--help-settings"}, {"feed", "show", "--help-settings"}}) {
    const auto settings = Run(arguments);
    EXPECT_EQ(settings.exit_code, 0);
    for (const auto& info : schemas::ListSettings()) {
      EXPECT_THAT(settings.output, HasSubstr("  --" + info.key + "\n      " + info.summary));
    }
  }
}

TEST_F(Usage, NamesASettingThatNobodyKnows) {
  config_ = directory_.Write("bad.toml", "[fetch]\ntransfer_max = 3\n");
  auto completed = Run({"stats"});
  EXPECT_EQ(completed.exit_code, 2);
  EXPECT_THAT(completed.errors, HasSubstr("fetch.transfer_max"));
  config_ = directory_.Write("good.toml", "[fetch]\ntransfers_max = 3\n");
  completed = Run({"stats", "--fetch.transfers_max", "many"});
  EXPECT_EQ(completed.exit_code, 2);
  EXPECT_THAT(completed.errors, HasSubstr("fetch.transfers_max"));
}

TEST_F(Usage, EndsWithThreeWhereThereIsNoDatabase) {
  const std::vector<std::vector<std::string>> readers = {{"stats"},
                                                         {"random"},
                                                         {"feed", "list"},
                                                         {"feed", "show", "http://a.example/"},
                                                         {"feed", "remove", "http://a.example/"},
                                                         {"site", "list"},
                                                         {"site", "show", "a.example"},
                                                         {"blacklist", "list"},
                                                         {"blacklist", "test", "http://a.example/"},
                                                         {"blacklist", "remove", "a.example"},
                                                         {"review", "list"},
                                                         {"review", "show", "1"},
                                                         {"review", "uphold", "1"},
                                                         {"review", "dismiss", "1"},
                                                         {"export"},
                                                         {"db", "check"},
                                                         {"db", "migrate"}};
  for (const auto& arguments : readers) {
    const auto completed = Run(arguments);
    EXPECT_EQ(completed.exit_code, 3) << testing::PrintToString(arguments);
    EXPECT_THAT(completed.errors, HasSubstr("saunter.db")) << testing::PrintToString(arguments);
  }
}

TEST_F(Usage, EndsWithThreeWhereTheFileIsNoDatabase) {
  directory_.Write("saunter.db", std::string(5000, 'x'));
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"stats"}, {"import", "-"}, {"db", "migrate"}}) {
    const auto completed = Run(arguments, "http://a.example/\n");
    EXPECT_EQ(completed.exit_code, 3) << testing::PrintToString(arguments);
    EXPECT_FALSE(completed.errors.empty());
  }
}

TEST_F(Usage, PrintsValidJsonWhateverIsStored) {
  ASSERT_EQ(
      Run({"import", "-"},
          "<opml><outline title='\"\\&#10;\xff</script>' xmlUrl='http://a.example/%22'/></opml>")
          .exit_code,
      0);
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"stats"},
                                             {"feed", "list"},
                                             {"feed", "show", "http://a.example/%22"},
                                             {"site", "list"},
                                             {"site", "show", "a.example"},
                                             {"blacklist", "list"},
                                             {"review", "list"},
                                             {"export"},
                                             {"db", "check"},
                                             {"db", "migrate"},
                                             {"blacklist", "test", "http://a.example/"},
                                             {"db", "backup", directory_.File("copy.db")}}) {
    EXPECT_TRUE(RunJson(arguments).is_object()) << testing::PrintToString(arguments);
  }
}

TEST_F(Usage, BacksUpWhatItHasAndNeverOverwrites) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/"}).exit_code, 0);
  const auto copy = directory_.File("copy.db");
  EXPECT_EQ(Run({"db", "backup", copy}).exit_code, 0);
  EXPECT_EQ(Run({"db", "backup", copy}).exit_code, 2);
  EXPECT_THAT(Run({"feed", "list", "--store.path=" + copy}).output, HasSubstr("http://a.example/"));
}

TEST_F(Usage, SaysThatThereIsNoLinkYet) {
  ASSERT_EQ(Run({"feed", "add", "http://a.example/"}).exit_code, 0);
  const auto completed = Run({"random"});
  EXPECT_EQ(completed.exit_code, 1);
  EXPECT_THAT(completed.errors, HasSubstr("no living link yet"));
}

}  // namespace
}  // namespace saunter::crawler::cli
