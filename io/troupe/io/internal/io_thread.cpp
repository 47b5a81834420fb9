#include <troupe/io/internal/io_thread.hpp>

#include <troupe/detail/fiber.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <system_error>
#include <utility>

namespace troupe::io::internal {

namespace asio = boost::asio;

result<std::shared_ptr<io_thread>> io_thread::here(const char* operation) {
  const detail::scheduler& sched = *detail::running_fiber(operation).sched;
  if (sched.is_simulated()) {
    throw usage_error(std::string(operation) +
                      " needs real sockets, and cannot be used on the deterministic runtime: use "
                      "troupe::runtime in this test");
  }
  static constexpr char key = 0;
  try {
    auto found = sched.services().find_or_make(
        &key,
        [] -> std::shared_ptr<detail::runtime_service> { return std::make_shared<io_thread>(); });
    if (!found) return fail(errc::runtime_stopped, operation);
    return std::static_pointer_cast<io_thread>(std::move(found));
  } catch (const boost::system::system_error& none) {  // no descriptor
    return fail(none.code(), operation);
  } catch (const std::system_error& none) {  // no thread
    return fail(none.code(), operation);
  }
}

io_thread::io_thread() : context_(std::make_unique<asio::io_context>(1)) {
  // Asio opens what it waits with when it is first needed: here, where it may fail.
  const asio::posix::stream_descriptor first(*context_);
  thread_ = std::thread([this] {
    const auto until_stopped = asio::make_work_guard(*context_);
    context_->run();
  });
}

io_thread::~io_thread() { stop(); }

bool io_thread::join(io_user& user) noexcept {
  const std::lock_guard held(mutex_);
  if (stopped_) return false;
  user.next_ = users_;
  if (users_ != nullptr) users_->previous_ = &user;
  users_ = &user;
  return true;
}

void io_thread::leave(io_user& user) noexcept {
  const std::lock_guard held(mutex_);
  if (users_ != &user && user.previous_ == nullptr) return;
  (user.previous_ != nullptr ? user.previous_->next_ : users_) = user.next_;
  if (user.next_ != nullptr) user.next_->previous_ = user.previous_;
  user.previous_ = user.next_ = nullptr;
}

// Rare: it takes memory.
void io_thread::notify_after(std::chrono::milliseconds time, std::weak_ptr<readiness> whom) {
  auto timer = std::make_unique<asio::steady_timer>(*context_, time);
  asio::steady_timer& waits = *timer;
  waits.async_wait(
      [timer = std::move(timer), whom = std::move(whom)](const boost::system::error_code&) {
        if (const auto told = whom.lock()) told->ready();
      });
}

void io_thread::stop() noexcept {
  {
    const std::lock_guard held(mutex_);
    if (std::exchange(stopped_, true)) return;
    const error why(errc::runtime_stopped);
    for (io_user* one = users_; one != nullptr; one = one->next_) one->end_operations(why);
  }
  asio::post(*context_, [this] { context_->stop(); });
  thread_.join();
  // What has completed meanwhile: Asio puts what a handler posts, and all that one event makes
  // ready but the first, behind everything else.
  context_->restart();
  context_->poll();
}

}  // namespace troupe::io::internal
