#include "crawler/cli/manual.h"

namespace saunter::crawler::cli {

systemd::Manual CommandsManual() {
  return {
      .section = 1,
      .more =
          {{.title = "EXIT STATUS",
            .items = {{"0", "Done."},
                      {"1", "Some of it was not done; the report or an error message says what."},
                      {"2", "The command line or a setting is wrong."},
                      {"3", "There is no database, or it cannot be used."}}},
           {.title = "FILES",
            .items =
                {{"/etc/saunter/saunter.toml", "Settings, see saunter.toml(5)."},
                 {"/var/lib/saunter-crawler/saunter.db",
                  "The database. While the crawler runs, changes are handed to it over a socket "
                  "beside this file."}}},
           {.title = "EXAMPLES",
            .items = {{"", "Take in a list of feeds, and see what became of one of them:"},
                      {"", "`saunter import subscriptions.opml`"},
                      {"", "`saunter feed show https://blog.example/feed.xml`"},
                      {"", "Keep a site out for good:"},
                      {"", "`saunter blacklist add spam.example --reason 'sells links'`"}}},
           {.title = "SEE ALSO",
            .items = {{"", "saunter-crawler(8), saunter-api(8), saunter.toml(5)"}}}},
  };
}

}  // namespace saunter::crawler::cli
