// Inside store/sql/ only: what leases on shards mean for batches and due work (store/leases.h).
//
// In a database that one program alone writes all of this does nothing.
//
// Thread safety: as Database. Errors: StoreError.
#pragma once

#include <string_view>
#include <vector>

#include "schemas/batch.h"
#include "schemas/units.h"
#include "store/sql/database.h"
#include "store/writer.h"

namespace saunter::store::sql {

// The next parameter of a statement that inserts a site: its shard, where there are shards.
Use& BindShard(const Database& database, Use& use, std::string_view site);

[[nodiscard]] LostWork FindLostWork(Database& database, const schemas::WriteBatch& batch);

// Feeds that are about to be asked, in a transaction of its own. It takes no turn, since rows of
// feeds that a lease holds are written under that lease alone.
void NoteAskedBy(Database& database, schemas::Id owner, const std::vector<schemas::Id>& feed_ids);
// The answers are written.
void ForgetAsked(Database& database, const schemas::WriteBatch& batch);

}  // namespace saunter::store::sql
