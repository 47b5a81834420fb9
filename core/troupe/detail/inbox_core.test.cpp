#include <troupe/detail/inbox_core.hpp>

#include <gtest/gtest.h>

namespace {

using troupe::detail::fiber;
using troupe::detail::receive_waiter;

// A signal mailbox waits on one subscription after the other with the same waiter.
TEST(receive_waiter, that_has_waited_on_a_shared_inbox_may_wait_on_one_that_is_bound) {
  int slot = 0;
  fiber self;
  receive_waiter one;
  one.set_slot(&slot);
  one.will_link(self, 1);
  ASSERT_EQ(one.link().slot, &slot);
  one.set_slot(&slot);
  EXPECT_EQ(one.slot(), &slot);
  EXPECT_FALSE(one.linked());
}

}  // namespace
