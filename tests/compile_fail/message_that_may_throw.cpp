// expect: because 'delicate' does not satisfy 'message'
#include <troupe/cast_inbox.hpp>

// A copy takes the place of the move, and may throw.
struct delicate {
  delicate() = default;
  delicate(const delicate&) noexcept(false) {}
};

troupe::cast_inbox<delicate> inbox(1);
