#pragma once

// The receiving side of a mailbox that is an inbox: what simple, rpc and batch have in common.

#include <troupe/cast_inbox.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/generated/shared_inbox.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace troupe::generated {

/// What the actor does with such a mailbox; to be used by the actor alone.
template <class Inbox>
class inbox_rx {
 public:
  using inbox_type = shared_inbox<Inbox>;

  /// Messages are received, and those that have come meanwhile are the first.
  void enable() noexcept {
    enabled_ = true;
    wanted_ = !closed_;
  }
  /// Messages stay in the mailbox from now on; who sends to a full one waits.
  void disable() noexcept { enabled_ = wanted_ = false; }
  [[nodiscard]] bool enabled() const noexcept { return enabled_; }
  /// Messages that wait in the mailbox.
  [[nodiscard]] std::size_t size() const noexcept { return inbox_->inbox.size(); }

  // For the library.

  inbox_rx(std::shared_ptr<inbox_type> inbox, bool enabled) noexcept
      : inbox_(std::move(inbox)), enabled_(enabled) {
    attach();
  }
  inbox_rx(const inbox_rx&) = delete;
  inbox_rx& operator=(const inbox_rx&) = delete;
  ~inbox_rx() { detach(); }

  /// A run is about to begin: messages are taken (again).
  void open() noexcept { attach(); }
  void begin_run() noexcept {
    closed_ = false;
    wanted_ = enabled_;
  }
  void end_run() noexcept {}
  void ended_for_good() noexcept { detach(); }
  /// A later object of the same factory: receives from the inbox that `first` has, in its place.
  void take_over(inbox_rx& first) noexcept {
    detach();
    inbox_ = first.inbox_;
    attached_ = std::exchange(first.attached_, false);
    attach();
  }
  [[nodiscard]] const std::shared_ptr<inbox_type>& inbox() const noexcept { return inbox_; }

 protected:
  void bind(detail::inbox_source& source) noexcept {
    source.inbox = &core();
    prepare(source);
  }
  void prepare(detail::inbox_source& source) const noexcept { source.enabled = wanted_; }
  void note_closed() noexcept {
    closed_ = true;
    wanted_ = false;
  }
  [[nodiscard]] detail::inbox_core& core() const noexcept {
    return detail::inbox_access::core(inbox_->inbox);
  }

 private:
  void attach() noexcept {
    if (!std::exchange(attached_, true)) inbox_->readers.add(core());
  }
  void detach() noexcept {
    if (std::exchange(attached_, false)) inbox_->readers.remove(core());
  }

  std::shared_ptr<inbox_type> inbox_;
  bool enabled_;
  bool closed_ = false;    // and drained, in this run
  bool wanted_ = false;    // enabled and not closed
  bool attached_ = false;  // counted among the inbox's readers
};

}  // namespace troupe::generated
