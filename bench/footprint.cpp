#include "footprint.hpp"

#include "allocations.hpp"

#include <troupe/troupe.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace {

constexpr std::string_view option = "--idle-actors=";

std::atomic<std::size_t> started{0};

/// With one inbox of 16 and a serve loop, waiting for its first message, as most actors are.
class idle_actor : public troupe::actor {
 public:
  idle_actor() : actor("idle") {}

 protected:
  troupe::task<troupe::result<>> run(troupe::context ctx) override {
    started.fetch_add(1);
    co_return co_await troupe::serve(ctx, troupe::on(in_, [](int) {}));
  }

 private:
  troupe::cast_inbox<int> in_{16};
};

/// The same, but waiting in receive().
class receiving_actor : public troupe::actor {
 public:
  receiving_actor() : actor("idle") {}

 protected:
  troupe::task<troupe::result<>> run(troupe::context) override {
    started.fetch_add(1);
    while (auto got = co_await in_.receive()) {
    }
    co_return troupe::result<>();
  }

 private:
  troupe::cast_inbox<int> in_{16};
};

double resident_now() {
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  if (statm == nullptr) throw std::runtime_error("cannot read /proc/self/statm");
  long size = 0;
  long resident = 0;
  const int got = std::fscanf(statm, "%ld %ld", &size, &resident);
  std::fclose(statm);
  if (got != 2) throw std::runtime_error("/proc/self/statm is not as expected");
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

template <class Actor, bool Pooled>
std::shared_ptr<Actor> make_actor_object() {
  if constexpr (Pooled) {
    return troupe::make<Actor>();
  } else {
    return std::make_shared<Actor>();
  }
}

template <class Actor, bool Pooled, class Spawn>
void start_and_wait(std::size_t count, Spawn spawn) {
  const std::size_t before = started.load();
  for (std::size_t i = 0; i != count; ++i) spawn(make_actor_object<Actor, Pooled>());
  while (started.load() - before != count) std::this_thread::yield();
}

template <class Actor, bool Pooled = false, class Spawn>
void print_footprint(std::size_t count, Spawn spawn) {
  start_and_wait<Actor, Pooled>(100, spawn);
  const allocation_totals before = allocations();
  const double resident_before = resident_now();
  const auto begun = std::chrono::steady_clock::now();
  start_and_wait<Actor, Pooled>(count, spawn);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const allocation_totals made = allocations() - before;
  const double resident = resident_now() - resident_before;
  const auto each = static_cast<double>(count);
  std::printf("%f %f %f %f\n", static_cast<double>(made.live) / each, resident / each,
              static_cast<double>(made.count) / each, took.count());
  std::fflush(stdout);
}

std::string own_path() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) throw std::runtime_error("cannot read /proc/self/exe");
  return {path.data(), static_cast<std::size_t>(length)};
}

}  // namespace

footprint footprint_of_idle_actors(std::string_view kind, std::size_t count) {
  const std::string command = "'" + own_path() + "' " + std::string(option) + std::string(kind) +
                              "," + std::to_string(count);
  std::FILE* out = popen(command.c_str(), "r");
  if (out == nullptr) throw std::runtime_error("cannot start " + command);
  footprint got;
  const int fields =
      std::fscanf(out, "%lf %lf %lf", &got.heap_bytes, &got.resident_bytes, &got.allocations);
  pclose(out);
  if (fields != 3) throw std::runtime_error("no figures from " + command);
  return got;
}

bool run_as_idle_actors(int argc, char** argv) {
  if (argc != 2 || !std::string_view(argv[1]).starts_with(option)) return false;
  const std::string arguments = argv[1] + option.size();
  const std::size_t comma = arguments.find(',');
  const std::string kind = arguments.substr(0, comma);
  const std::size_t count = std::stoul(arguments.substr(comma + 1));

  troupe::runtime rt;
  if (kind == "supervised") {
    auto root = std::make_shared<troupe::supervisor>("root");
    rt.spawn(root);
    print_footprint<idle_actor>(count,
                                [&](auto one) { static_cast<void>(root->spawn(std::move(one))); });
  } else if (kind == "made") {
    print_footprint<idle_actor, true>(count, [&](auto one) { rt.spawn(std::move(one)); });
  } else if (kind == "receiving") {
    print_footprint<receiving_actor>(count, [&](auto one) { rt.spawn(std::move(one)); });
  } else {
    print_footprint<idle_actor>(count, [&](auto one) { rt.spawn(std::move(one)); });
  }
  return true;
}

}  // namespace bench
