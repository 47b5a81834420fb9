#include <troupe/generated/mailbox_loop.hpp>

namespace troupe::generated {

detail::inbox_core& silent_inbox() noexcept {
  static cast_inbox<char> silent(0);
  return detail::inbox_access::core(silent);
}

}  // namespace troupe::generated
