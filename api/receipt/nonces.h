// Numbers for receipts that nobody can foretell, so that two receipts tell nothing of those between
// them.
//
// They come out of a buffer that ChaCha20 fills; its key is replaced each time, so that what was
// given out cannot be made again from memory. The system is asked once, at the beginning.
//
// Thread safety: one thread at a time. Errors: none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace saunter::api::receipt {

class Nonces {
 public:
  Nonces();
  Nonces(const Nonces&) = delete;
  Nonces& operator=(const Nonces&) = delete;

  [[nodiscard]] std::uint64_t Next();

 private:
  static constexpr std::size_t kKeyBytes = 32;
  static constexpr std::size_t kCount = 124;

  void Fill();

  struct Block {
    std::array<unsigned char, kKeyBytes> key;
    std::array<std::uint64_t, kCount> numbers;
  };
  Block block_{};
  std::size_t used_ = kCount;
};

}  // namespace saunter::api::receipt
