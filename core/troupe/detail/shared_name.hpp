#pragma once

// The name of an actor, in one word. Of a million actors most share a few names: what a thread has
// named lately it names again without a copy. There is no table of all names, and no lock; names
// that differ each have a block of their own.

#include <cstdint>
#include <string>

namespace troupe::detail {

class shared_name {
 public:
  explicit shared_name(std::string&& text);
  shared_name(const shared_name&) = delete;
  shared_name& operator=(const shared_name&) = delete;
  ~shared_name();

  [[nodiscard]] const std::string& text() const noexcept;

  struct block;  // a text and a reference count: shared_name.cpp

 private:
  block* of_;
};

}  // namespace troupe::detail
