// Looks at this machine and at the installation for saunter doctor, and changes nothing: no file is
// made, no lock is taken. What leaves the machine is one look-up each of a few hosts of the
// operator's own feeds, and one robots.txt, asked by the crawler's own rules.
//
// What may hang (names, the web, the API) is done by a child process that is ended when its time is
// up, so that all of it takes some seconds at most.
//
// Thread safety: one thread, and no other in this process: it forks. Errors: what cannot be seen is
// said in the facts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crawler/cli/doctor_facts.h"
#include "crawler/cli/print.h"
#include "schemas/command_line/settings_flags.h"
#include "store/reader.h"

namespace saunter::crawler::cli {

[[nodiscard]] DoctorFacts GatherFacts(const schemas::command_line::SettingsFlags& flags,
                                      DoctorReach reach);

[[nodiscard]] FileFacts LookAt(const std::string& path);
// Of the database at this path: a look into /proc/locks, which disturbs no one.
[[nodiscard]] LockFacts LookAtLock(const std::string& database_path);

// What `work` returns, done by a child; nullopt if it is not done in time.
[[nodiscard]] std::optional<Json> DoWithin(std::int64_t deadline_ms,
                                           const std::function<Json()>& work);

// --- Of the network; `reader` may be null, and nothing is asked then.
[[nodiscard]] DnsFacts GatherDns(store::Reader* reader, schemas::UnixSeconds now);
[[nodiscard]] FetchFacts GatherFetch(store::Reader* reader, const schemas::FetchSettings& settings,
                                     const LockFacts& lock, schemas::UnixSeconds now);
[[nodiscard]] ApiFacts GatherApi(const schemas::ApiSettings& settings);

}  // namespace saunter::crawler::cli
