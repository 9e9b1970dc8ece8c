// Inside the doctor's checks: commands in the words that this user can type on this machine.
//
// Thread safety: pure functions. Errors: none.
#pragma once

#include <string>
#include <string_view>

#include "crawler/cli/doctor_facts.h"

namespace saunter::crawler::cli {

// A command that only root may run.
[[nodiscard]] inline std::string AsRoot(const DoctorFacts& facts, std::string_view command) {
  return (facts.user.is_root ? "" : "sudo ") + std::string(command);
}

// One of our own, as the user whom the database's folder belongs to.
[[nodiscard]] inline std::string AsOwner(const DoctorFacts& facts, std::string_view command) {
  const auto& owner = facts.database.folder.owner;
  if (owner == facts.user.name) return std::string(command);
  return "sudo -u " + (owner.empty() ? std::string("saunter-crawler") : owner) + " " +
         std::string(command);
}

// `verb` is "start", "restart", "enable --now"; where no systemd runs, daemons are started by hand.
[[nodiscard]] inline std::string UnitCommand(const DoctorFacts& facts, std::string_view verb,
                                             std::string_view unit) {
  if (facts.has_systemd) {
    return AsRoot(facts, "systemctl " + std::string(verb) + " " + std::string(unit));
  }
  return (verb == "restart" ? "restart " : "start ") + std::string(unit);
}

[[nodiscard]] inline std::string LogOf(const DoctorFacts& facts, std::string_view unit) {
  if (!facts.has_systemd) return "the log of " + std::string(unit) + " says why";
  return AsRoot(facts, "journalctl -u " + std::string(unit) + " -n 50 says why");
}

}  // namespace saunter::crawler::cli
