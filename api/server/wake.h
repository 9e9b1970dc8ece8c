// Wakes a thread that polls: a counter of the kernel's.
//
// Thread safety: all functions. Errors: std::system_error where the kernel gives none.
#pragma once

namespace saunter::api::server {

class Wake {
 public:
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  void Call() const;
  // The thread is awake; often nobody has called.
  void Heard() const;
  // Readable once somebody has called.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace saunter::api::server
