#include "api/receipt/nonces.h"

#include <sodium.h>

#include <stdexcept>

namespace saunter::api::receipt {

Nonces::Nonces() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used on this machine");
  static_assert(kKeyBytes == crypto_stream_chacha20_KEYBYTES);
  static_assert(sizeof(Block) == kKeyBytes + kCount * sizeof(std::uint64_t));
  randombytes_buf(block_.key.data(), block_.key.size());
}

std::uint64_t Nonces::Next() {
  if (used_ == kCount) Fill();
  return block_.numbers[used_++];
}

void Nonces::Fill() {
  // A key is used once, so its stream may always be the first.
  constexpr std::array<unsigned char, crypto_stream_chacha20_NONCEBYTES> kFirst{};
  const auto key = block_.key;
  crypto_stream_chacha20(reinterpret_cast<unsigned char*>(&block_), sizeof(block_), kFirst.data(),
                         key.data());
  used_ = 0;
}

}  // namespace saunter::api::receipt
