// Inside crawler/write and for those who ask its sockets: what store/inbox has of sockets.
#pragma once

#include "store/inbox/unix_socket.h"

namespace saunter::crawler::write {

using store::inbox::AddressOf;
using store::inbox::Descriptor;
using store::inbox::ErrorText;
using store::inbox::Generic;
using store::inbox::Listener;
using store::inbox::ListenOptions;
using store::inbox::Wake;

}  // namespace saunter::crawler::write
