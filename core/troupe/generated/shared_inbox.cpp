#include <troupe/generated/shared_inbox.hpp>

namespace troupe::generated {

void inbox_readers::add(detail::inbox_core& inbox) noexcept {
  const std::lock_guard held(mutex_);
  inbox.set_has_heirs(++count_ > 1);
  inbox.reopen();
}

void inbox_readers::remove(detail::inbox_core& inbox) noexcept {
  detail::inbox_core::requests_left left;
  {
    const std::lock_guard held(mutex_);
    inbox.set_has_heirs(--count_ > 1);
    if (count_ == 0) {
      inbox.close(detail::inbox_core::closing::by_end);
      left = inbox.take_requests();
    } else {
      inbox.reopen();
    }
  }
  if (left) left.refuse();
}

}  // namespace troupe::generated
