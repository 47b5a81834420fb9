#include <troupe/io/resolve.hpp>

#include <troupe/detail/fiber.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/io/internal/completion.hpp>
#include <troupe/io/internal/socket_address.hpp>

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe::io {
namespace {

// A look-up, shared by who waits and the thread that looks. The one who goes first leaves the other
// alone: who waits takes himself out under the lock, and the thread fires under it.
struct lookup : detail::blocking_job {
  explicit lookup(address of) : host(std::move(of)) {}

  const address host;
  std::shared_ptr<lookup> self;  // while the pool has it
  detail::spin_lock lock;        // guards all below
  detail::fiber* who = nullptr;
  std::uint64_t wait = 0;
  bool done = false;
  int code = 0;
  int system_code = 0;
  std::vector<endpoint> found;

  void look() noexcept;
};

void lookup::look() noexcept {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* all = nullptr;
  int answer = ::getaddrinfo(host.host().c_str(), nullptr, &wanted, &all);
  const int system_answer = errno;
  std::vector<endpoint> endpoints;
  for (const addrinfo* one = all; one != nullptr; one = one->ai_next) {
    internal::socket_address address;
    if (one->ai_addr == nullptr || one->ai_addrlen > *address.size()) continue;
    std::memcpy(address.data(), one->ai_addr, one->ai_addrlen);
    endpoints.push_back(address.to_endpoint().with_port(host.port()));
  }
  if (all != nullptr) ::freeaddrinfo(all);
  if (answer == 0 && endpoints.empty()) answer = EAI_NONAME;

  const std::lock_guard held(lock);
  found = std::move(endpoints);
  code = answer;
  system_code = system_answer;
  done = true;
  if (who != nullptr) who->fire(wait, 0);
}

class lookup_awaiter {
 public:
  lookup_awaiter(std::shared_ptr<lookup> of, const context* ctx) noexcept
      : lookup_(std::move(of)), ctx_(ctx) {}
  lookup_awaiter(const lookup_awaiter&) = delete;
  lookup_awaiter& operator=(const lookup_awaiter&) = delete;
  ~lookup_awaiter() { forget(); }

  [[nodiscard]] static constexpr bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> at) {
    detail::fiber& self = *detail::current.running;
    self.resume_point = at;
    const bool cancelable = detail::ends_with_fiber(ctx_);
    const std::uint64_t id = self.open_wait(detail::wait_kind::io, cancelable);
    if (!link_.open(self, id, ctx_)) {
      self.fired = detail::fired_canceled;
      return false;
    }
    lookup_->who = &self;
    lookup_->wait = id;
    lookup_->self = lookup_;
    lookup_->run = [](detail::blocking_job& job) noexcept {
      auto& mine = static_cast<lookup&>(job);
      const auto keep = std::exchange(mine.self, nullptr);
      mine.look();
    };
    if (!self.sched->submit_blocking(*lookup_)) {
      lookup_->self.reset();
      refused_ = true;
      return false;
    }
    return self.park(id);
  }
  result<std::vector<endpoint>> await_resume() {
    link_.close();
    forget();
    detail::fiber& self = *detail::current.running;
    if (refused_) {
      // The pool stops after the services.
      if (self.sched->services().stopped()) return failure(errc::runtime_stopped, "");
      return failure(errc::refused, "the pool for blocking calls is full");
    }
    const std::lock_guard held(lookup_->lock);
    if (!lookup_->done) return fail(detail::cancel_reason(self, ctx_));
    switch (lookup_->code) {
      case 0: return std::move(lookup_->found);
      case EAI_SYSTEM:
        return failure({lookup_->system_code, std::system_category()}, "the system failed");
      case EAI_MEMORY: return failure(make_error_code(std::errc::not_enough_memory), "");
      case EAI_AGAIN:
        return failure(make_error_code(std::errc::resource_unavailable_try_again),
                       ::gai_strerror(lookup_->code));
      default: return failure(errc::not_found, ::gai_strerror(lookup_->code));
    }
  }

 private:
  void forget() noexcept {
    const std::lock_guard held(lookup_->lock);
    lookup_->who = nullptr;
  }
  [[nodiscard]] std::unexpected<error> failure(std::error_code code, std::string_view why) const {
    std::string text = "resolving \"" + lookup_->host.host() + "\"";
    if (!why.empty()) text.append(": ").append(why);
    return fail(code, text);
  }

  std::shared_ptr<lookup> lookup_;
  const context* ctx_;
  detail::context_link link_;
  bool refused_ = false;
};

task<result<std::vector<endpoint>>> resolve_in(const context* ctx, address host) {
  detail::fiber& self = detail::running_fiber("troupe::io::resolve");
  if (self.sched->is_simulated()) {
    throw usage_error(
        "troupe::io::resolve asks the system, and cannot be used on the deterministic runtime: use "
        "troupe::runtime in this test");
  }
  co_await internal::turn();
  if (auto why = internal::ended_before(self, ctx)) co_return fail(*std::move(why));
  if (const auto number = internal::endpoint_of(host.host(), host.port())) {
    co_return std::vector<endpoint>{*number};
  }
  co_return co_await lookup_awaiter(std::make_shared<lookup>(std::move(host)), ctx);
}

}  // namespace

task<result<std::vector<endpoint>>> resolve(address host) {
  return resolve_in(nullptr, std::move(host));
}
task<result<std::vector<endpoint>>> resolve(const context& ctx, address host) {
  return resolve_in(&ctx, std::move(host));
}

}  // namespace troupe::io
