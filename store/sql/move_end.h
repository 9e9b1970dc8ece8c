// Inside store/sql/, its engines and store/move/ only: one end of a move, which is the database
// that is copied or the one that the copy is made in.
//
// While a copy is made, its database holds the table "unfinished_move" and says that it has no
// schema of ours, so that no program takes it for a whole one.
//
// Thread safety: as Database. Ownership: an end has the connection and what keeps other writers
// away until it is destroyed. Errors: StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "store/sql/database.h"
#include "store/status.h"

namespace saunter::store::sql {

// Who writes, as others are told.
inline constexpr char kMover[] = "saunter db move";

// What a copy is made of, and since when.
struct UnfinishedMove {
  std::string source;               // as the operator named it, without a password
  std::int64_t batch_id = 0;        // the newest of the source
  std::int64_t schema_version = 0;  // of the copy
};
// nullopt: the database is a whole one.
[[nodiscard]] std::optional<UnfinishedMove> FindUnfinishedMove(Database& database);
// For a person: what `name` is, and what to do.
[[nodiscard]] std::string SayUnfinished(Database& database, const std::string& name);

class MoveEnd {
 public:
  virtual ~MoveEnd() = default;
  MoveEnd(const MoveEnd&) = delete;
  MoveEnd& operator=(const MoveEnd&) = delete;

  [[nodiscard]] virtual Database& database() = 0;
  // That this build makes in this engine.
  [[nodiscard]] virtual std::int64_t schema_version() const = 0;

  // Nobody else has written since it was opened: a connection that was lost, and made anew by
  // itself, had let others in.
  [[nodiscard]] virtual bool IsAlone() = 0;

  // From here on the database is one that is being copied into, and nothing else. Within a
  // transaction.
  void MarkUnfinished(const UnfinishedMove& move);
  // And here it becomes a whole one, in a transaction of its own.
  void MarkWhole();

 protected:
  MoveEnd() = default;

 private:
  virtual void HideSchema() = 0;
  virtual void ShowSchema() = 0;
  // Of a database that was filled just now, so that it is fast from its first query on.
  virtual void Settle() = 0;
};

struct OpenedMoveEnd {
  OpenStatus status = OpenStatus::kOk;
  std::string detail = {};  // for a person, with what to do
  std::unique_ptr<MoveEnd> end = {};
};

}  // namespace saunter::store::sql
