// Reads all links that readers may be given, each with the topics by which the API finds it.
//
// Thread safety: one thread. Ownership: a scan does not own its reader. Errors: StoreError from it.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "schemas/link.h"
#include "schemas/settings.h"
#include "schemas/topics/topics.h"
#include "schemas/units.h"
#include "store/reader.h"

namespace saunter::crawler::cli {

// The list of topics of the API; of an operator's list with a mistake stderr says what it is, and
// the one that is built in is used.
[[nodiscard]] std::shared_ptr<const schemas::topics::Topics> ReadTopics(
    const schemas::Settings& settings);

class PoolScan {
 public:
  PoolScan(store::Reader& reader, std::shared_ptr<const schemas::topics::Topics> topics)
      : reader_(reader), topics_(std::move(topics)) {}

  struct ScannedLink {
    schemas::PoolRow row;
    schemas::topics::TopicMask topics = 0;
  };
  // The next piece, in the order of ids; empty at the end. Valid until the next call.
  [[nodiscard]] const std::vector<ScannedLink>& Next();

  // Words of the links so far, by category_id.
  struct Word {
    std::string name;
    schemas::topics::TopicMask topics = 0;
  };
  [[nodiscard]] const std::unordered_map<schemas::Id, Word>& words() const { return words_; }

 private:
  void LearnWords(const std::vector<schemas::PoolRow>& rows);

  store::Reader& reader_;
  const std::shared_ptr<const schemas::topics::Topics> topics_;
  std::unordered_map<schemas::Id, Word> words_;
  schemas::Id after_ = 0;
  std::vector<ScannedLink> links_;
};

// As the API tells them: an operator's word decides if it means any topic, otherwise the others do.
[[nodiscard]] schemas::topics::TopicMask TopicsOf(const schemas::topics::Topics& topics,
                                                  const std::vector<std::string>& words,
                                                  const std::string& feed_category);

// "there is no category "bred"; did you mean "bread"?" `names` are those that there are.
[[nodiscard]] std::string UnknownCategory(const std::string& name,
                                          const std::vector<std::string>& names);

}  // namespace saunter::crawler::cli
