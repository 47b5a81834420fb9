#pragma once

// A lock for model programs, in place of detail::spin_lock.

#include "atomic.hpp"
#include "explorer.hpp"

namespace model {

class lock {
 public:
  void lock_it() {
    while (held_.exchange(true)) pause();
  }
  void unlock_it() { held_.store(false); }

 private:
  atomic<bool> held_{false};
};

/// Runs `body` with the lock held.
template <class Body>
auto with(lock& guards, Body body) {
  guards.lock_it();
  struct opened {
    lock& of;
    ~opened() { of.unlock_it(); }
  } const at_end{guards};
  return body();
}

}  // namespace model
