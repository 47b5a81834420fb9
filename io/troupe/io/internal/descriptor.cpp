#include <troupe/io/internal/descriptor.hpp>

#include <troupe/detail/pooled.hpp>
#include <troupe/io/internal/completion.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <unistd.h>

namespace troupe::io::internal {

namespace asio = boost::asio;

namespace {

/// The handler of notify().
class notice {
 public:
  using allocator_type = detail::pool_allocator<std::byte>;

  explicit notice(std::weak_ptr<readiness> whom) noexcept : whom_(std::move(whom)) {}
  [[nodiscard]] static allocator_type get_allocator() noexcept { return {}; }
  void operator()(const boost::system::error_code&) const noexcept {
    if (const auto whom = whom_.lock()) whom->ready();
  }

 private:
  std::weak_ptr<readiness> whom_;
};

}  // namespace

struct descriptor::watched {
  explicit watched(asio::io_context& context) : stream(context) {}
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> stream;
};

descriptor::descriptor(std::shared_ptr<io_thread> thread)
    : thread_(std::move(thread)), watched_(std::make_unique<watched>(thread_->context())) {}

descriptor::~descriptor() {
  thread_->leave(*this);
  close();
}

result<std::shared_ptr<descriptor>> descriptor::adopt(std::shared_ptr<io_thread> thread,
                                                      int number) {
  auto made = std::make_shared<descriptor>(std::move(thread));
  boost::system::error_code code;
  made->watched_->stream.assign(number, code);
  if (code) {
    ::close(number);
    return fail(error(code));
  }
  made->number_ = number;
  if (!made->thread_->join(*made)) return fail(errc::runtime_stopped);
  return made;
}

template <class Handler>
void descriptor::watch(direction way, Handler handler) {
  using wait = asio::posix::descriptor_base;
  {
    const std::lock_guard held(watching_);
    if (watched_->stream.is_open()) {
      watched_->stream.async_wait(way == direction::reading ? wait::wait_read : wait::wait_write,
                                  std::move(handler));
      return;
    }
  }
  // The I/O thread may have ended: it would never tell.
  handler(boost::system::error_code(EBADF, boost::system::system_category()));
}

task<result<>> descriptor::ready(std::shared_ptr<descriptor> of, direction way,
                                 const context* ctx) {
  descriptor* const self = of.get();
  result<> woken = co_await await_completion<>(
      ctx, [self, way](auto handler) { self->watch(way, std::move(handler)); },
      [self] { self->cancel(); });
  // Closed, or canceled by somebody who waits for the other direction: who tries finds out.
  if (!woken && (woken.error() == std::errc::bad_file_descriptor ||
                 woken.error().code() == std::error_code(ECANCELED, std::system_category()))) {
    co_return result<>();
  }
  co_return woken;
}

void descriptor::notify(direction way, std::weak_ptr<readiness> whom) {
  watch(way, notice(std::move(whom)));
}

// Ends the waits for both directions: the other one will wait again.
void descriptor::cancel() noexcept {
  const std::lock_guard held(watching_);
  boost::system::error_code ignored;
  watched_->stream.cancel(ignored);
}

void descriptor::close(std::error_code why) noexcept {
  const std::scoped_lock held(reading_, writing_, watching_);
  if (number_ < 0) return;
  number_ = -1;
  closed_ = why;
  boost::system::error_code ignored;
  watched_->stream.close(ignored);
}

bool descriptor::is_open() noexcept {
  const std::lock_guard held(reading_);
  return number_ >= 0;
}

}  // namespace troupe::io::internal
