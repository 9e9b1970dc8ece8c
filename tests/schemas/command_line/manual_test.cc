#include "schemas/command_line/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>

namespace saunter::schemas::command_line {
namespace {

using testing::HasSubstr;
using testing::Not;

class ManualTest : public testing::Test {
 protected:
  ManualTest() {
    app_.add_option_function<std::string>(
            "--store.path", [](const std::string&) {}, "where `it` stands")
        ->default_str("/var/x.db")
        ->group("Settings");
    app_.add_flag("-q,--quiet", is_quiet_, "says less");
    auto* feed = app_.add_subcommand("feed", "what concerns feeds");
    auto* add = feed->add_subcommand("add", ".hidden isn't; a\\b");
    add->add_option("URL", urls_, "its address")->required();
    add->add_option("--name", name_, "what it's called");
    AddManual(app_,
              {.section = 1,
               .more = {{.title = "FILES", .items = {{"/etc/x", "Read."}, {"", "'Ends'."}}}}});
  }

  // What the program prints for this flag, as --version would be.
  std::string Said(const std::string& line) {
    try {
      app_.parse(line);
    } catch (const CLI::CallForVersion& text) {
      return text.what();
    }
    return {};
  }

  CLI::App app_{"Looks after things.", "prog-x"};
  std::vector<std::string> urls_;
  std::string name_;
  bool is_quiet_ = false;
};

TEST_F(ManualTest, TellsWhatHelpTells) {
  const std::string page = Said("--manual");
  EXPECT_THAT(page, HasSubstr(".TH PROG-X 1 "));
  EXPECT_THAT(page, HasSubstr("prog\\-x \\- looks after things\n"));
  EXPECT_THAT(page, HasSubstr(".SS \\fBprog\\-x feed add\\fR [\\fIOPTIONS\\fR] \\fIURL\\fR...\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-name\\fR \\fITEXT\\fR\nwhat it's called\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-q\\fR, \\fB\\-\\-quiet\\fR\nsays less\n"));
  EXPECT_THAT(page, HasSubstr(".SH FILES\n.TP\n\\fB/etc/x\\fR\nRead.\n.PP\n\\&'Ends'.\n"));
}

TEST_F(ManualTest, SetsNothingThatRoffWouldTakeForItself) {
  EXPECT_THAT(Said("--manual"), HasSubstr("\n\\&.hidden isn't; a\\eb\n"));
}

TEST_F(ManualTest, LeavesSettingsToTheirOwnPage) {
  EXPECT_THAT(Said("--manual"), Not(HasSubstr("store.path")));
  EXPECT_THAT(Said("--manual-settings"),
              HasSubstr(".SH \"[store]\"\n.TP\n\\fBpath\\fR\nwhere \\fBit\\fR stands. "
                        "Default: \\fI/var/x.db\\fR.\n"));
}

TEST_F(ManualTest, StaysOutOfHelp) {
  EXPECT_THAT(app_.help(), Not(HasSubstr("--manual")));
  EXPECT_THAT(app_.help(), Not(HasSubstr("--completion")));
  EXPECT_THAT(Said("--manual"), Not(HasSubstr("completion")));
}

TEST_F(ManualTest, CompletesCommandsFlagsAndSettings) {
  const std::string bash = Said("--completion bash");
  EXPECT_THAT(bash, HasSubstr("'') words='feed --help --quiet --store.path' ;;\n"));
  EXPECT_THAT(bash, HasSubstr("'feed') words='add --help --quiet' ;;\n"));
  EXPECT_THAT(bash, HasSubstr("'feed add') words='--name --help --quiet' ;;\n"));
  EXPECT_THAT(Said("--completion zsh"), HasSubstr("'--name:what it'\\''s called'"));
  EXPECT_THAT(Said("--completion fish"),
              HasSubstr("complete -c prog-x -n 'test x(__prog_x_place) = \"xfeed add\"' -l name "
                        "-d 'what it\\'s called'\n"));
}

TEST_F(ManualTest, KnowsNoOtherShell) {
  EXPECT_THROW(app_.parse("--completion csh"), CLI::ValidationError);
}

}  // namespace
}  // namespace saunter::schemas::command_line
