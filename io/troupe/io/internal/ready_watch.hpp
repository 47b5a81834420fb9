#pragma once

// Tells an actor's inbox when a descriptor may be ready: what listener and connection mailboxes
// are made of.
//
// A token is on its way from when it is told until the actor takes it, and at most one notice is
// asked of the descriptor:
//
//   begin ── told ──► the actor tries ──┬─ there may be more: tell, behind what others have
//                                       └─ it would have to wait: await ─► notice ─► told
//
// Threads. The actor calls everything but ready(), which the I/O thread calls. `lock_` is taken
// before the inbox's. After end() nothing is told: a run that ends takes its tokens with it, and
// the next begins anew.

#include <troupe/detail/inbox_core.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/io/generated/ready_inbox.hpp>
#include <troupe/io/internal/descriptor.hpp>

#include <memory>

namespace troupe::io::internal {

class ready_watch final : public readiness, public std::enable_shared_from_this<ready_watch> {
 public:
  ready_watch(std::shared_ptr<descriptor> file, generated::ready_token token) noexcept
      : file_(std::move(file)), token_(token) {}
  ready_watch(const ready_watch&) = delete;
  ready_watch& operator=(const ready_watch&) = delete;
  ~ready_watch() override { end(); }

  /// Tells `to`, which must live until end(), at once and later on.
  void begin(detail::inbox_core& to) noexcept;
  void end() noexcept;

  void tell() noexcept;
  void tell_when_ready();
  /// In a while: nothing says when there will be descriptors, or memory, again.
  void tell_later();

 private:
  void ready() noexcept override;
  void tell_locked() noexcept;
  [[nodiscard]] bool claim_notice() noexcept;

  std::shared_ptr<descriptor> file_;
  detail::spin_lock lock_;            // guards all below
  detail::inbox_core* to_ = nullptr;  // between begin() and end()
  bool noticing_ = false;             // a notice will come
  generated::ready_token token_;
  detail::send_waiter waiter_;
};

}  // namespace troupe::io::internal
