#include <troupe/outbox.hpp>

#include <troupe/detail/process_barrier.hpp>

#include <mutex>

namespace troupe::detail {

namespace {

void destroy_all(outbox_node* gone) noexcept {
  while (gone != nullptr) {
    outbox_node* const one = gone;
    gone = one->previous;
    one->how().destroy(one);
  }
}

}  // namespace

outbox_core::~outbox_core() { destroy_all(retired_); }

void outbox_core::subscribe(outbox_node& made) noexcept {
  const std::lock_guard held(lock_);
  ++references_;
  const std::uint64_t id = last_id_.load(std::memory_order_relaxed) + 1;
  last_id_.store(id, std::memory_order_relaxed);
  made.id = id;
  made.previous = last_;
  (last_ != nullptr ? last_->next : first_).store(&made, std::memory_order_release);
  last_ = &made;
  size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void outbox_core::unsubscribe(outbox_node& gone) noexcept {
  outbox_node* cleared = nullptr;
  bool last = false;
  {
    const std::lock_guard held(lock_);
    if (!closed_) {
      outbox_node* const next = gone.next.load(std::memory_order_relaxed);
      (gone.previous != nullptr ? gone.previous->next : first_)
          .store(next, std::memory_order_release);
      (next != nullptr ? next->previous : last_) = gone.previous;
      retire(gone);
      if (retired_many_ >= many && emitter_.load(std::memory_order_relaxed) == nullptr) {
        cleared = take_retired();
      }
    }
    if (cleared == nullptr) last = --references_ == 0;
  }
  if (cleared != nullptr) {
    destroy_unless_walked(cleared);
    return release();
  }
  if (last) delete this;
}

/// With the lock held and the node out of the list.
void outbox_core::retire(outbox_node& gone) noexcept {
  gone.ops.store(gone.how().unsubscribed, std::memory_order_relaxed);
  gone.previous = retired_;
  retired_ = &gone;
  ++retired_many_;
  size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  attention_.store(true, std::memory_order_relaxed);
}

/// With the lock held.
outbox_node* outbox_core::take_retired() noexcept {
  retired_many_ = 0;
  return std::exchange(retired_, nullptr);
}

void outbox_core::destroy_unless_walked(outbox_node* gone) noexcept {
  if (has_process_barrier()) {
    process_barrier();
    if (emitter_.load(std::memory_order_acquire) == nullptr) return destroy_all(gone);
  }
  // Back, but not counted: the next attempt is after as many again.
  outbox_node* end = gone;
  while (end->previous != nullptr) end = end->previous;
  const std::lock_guard held(lock_);
  end->previous = std::exchange(retired_, gone);
  attention_.store(true, std::memory_order_relaxed);
}

void outbox_core::close() noexcept {
  outbox_node* cleared = nullptr;
  {
    const std::lock_guard held(lock_);
    closed_ = true;
    for (outbox_node* one = first_.load(std::memory_order_relaxed); one != nullptr;) {
      outbox_node* const next = one->next.load(std::memory_order_relaxed);
      retire(*one);
      one = next;
    }
    first_.store(nullptr, std::memory_order_relaxed);
    last_ = nullptr;
    if (emitter_.load(std::memory_order_relaxed) == nullptr) {
      cleared = take_retired();
    } else if (!pinned_) {  // a handler of this very fiber destroys the outbox
      pinned_ = true;
      ++references_;
      attention_.store(true, std::memory_order_relaxed);
    }
  }
  destroy_all(cleared);
  release();
}

void outbox_core::release() noexcept {
  bool last = false;
  {
    const std::lock_guard held(lock_);
    last = --references_ == 0;
  }
  if (last) delete this;
}

void outbox_core::pin() noexcept {
  const std::lock_guard held(lock_);
  if (pinned_) return;
  pinned_ = true;
  ++references_;
  attention_.store(true, std::memory_order_relaxed);
}

void outbox_core::leave_and_clean_up() noexcept {
  outbox_node* cleared = nullptr;
  bool was_pinned = false;
  {
    const std::lock_guard held(lock_);
    cleared = take_retired();
    was_pinned = std::exchange(pinned_, false);
    if (!was_pinned) ++references_;  // the handlers' destructors may destroy the outbox
    attention_.store(false, std::memory_order_relaxed);
    emitter_.store(nullptr, std::memory_order_release);
  }
  destroy_all(cleared);
  release();
}

void outbox_core::refuse_second_emitter() {
  throw usage_error(
      "outbox::emit: another fiber is emitting; an outbox belongs to one actor, which emits from "
      "its own run");
}

void outbox_core::note_refusal(unmade_error& refused, result<>& outcome) noexcept {
  if (outcome) outcome = fail(std::move(refused.why));
  std::destroy_at(&refused.why);
}

task<result<>> outbox_core::finish(walk on, const context* ctx, const void* message,
                                   result<> outcome) {
  while (on.at != nullptr) {
    result<> told = co_await on.at->how().run(*on.at, message);
    if (!told && outcome) outcome = std::move(told);
    on.at = on.at->next.load(std::memory_order_acquire);
    call_plain(on, ctx, message, outcome);
  }
  if (ctx != nullptr) {  // it may have ended in the last of them
    if (auto why = ctx->err()) co_return fail(*std::move(why));
  }
  co_return outcome;
}

}  // namespace troupe::detail
