#include "store/inbox/ticket.h"

namespace saunter::store::inbox {

FeedbackTicket::~FeedbackTicket() {
  // Whoever is woken finds the promise kept or broken.
  outcomes_.reset();
  wake_->Call();
}

}  // namespace saunter::store::inbox
