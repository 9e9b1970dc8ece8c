// A PostgreSQL server of the test program's own: made at its first use in a temporary folder, asked
// through a Unix socket there, ended and removed with the program.
//
// Unless it is told to, it keeps nothing through a power failure, which makes it fast. PostgreSQL
// refuses to run as root: a test that is root runs it as nobody.
//
// The newest server of /usr/lib/postgresql is taken, or the one whose programs are in the folder
// that the environment's SAUNTER_POSTGRES_BIN names.
//
// Thread safety: one thread at a time. Errors: std::runtime_error.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/support/files.h"
#include "tests/support/process.h"

namespace saunter::support {

class Cluster {
 public:
  // Why there is none here: PostgreSQL's programs are missing. Empty: there can be one.
  [[nodiscard]] static std::string WhyNone();
  // The one of this program.
  static Cluster& Own();

  enum class Keeping { kInMemory, kOnDisk };  // kOnDisk: as Debian sets it up
  explicit Cluster(Keeping keeping = Keeping::kInMemory);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // A new database as a copy of another one to which nobody is connected; empty: without a table.
  // Returns its name.
  std::string MakeDatabase(const std::string& model = {});
  void DropDatabase(const std::string& name);
  // As store.url takes it.
  [[nodiscard]] std::string UrlOf(const std::string& name) const;

  // SQL by psql on that database; what it prints.
  std::string Ask(const std::string& name, const std::string& sql);
  // A script for psql.
  void RunScript(const std::string& name, const std::string& path);

  // Of the server, whose children are all that works for it.
  [[nodiscard]] pid_t id() const { return server_->id(); }

  // Ends the server at once, as a power failure would, and starts it again.
  void StopAtOnce();
  void Start();

 private:
  const Keeping keeping_;
  TemporaryDirectory folder_;
  std::unique_ptr<Process> server_;
  int databases_ = 0;
};

}  // namespace saunter::support
