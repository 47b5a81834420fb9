// hostwatch: watches the machine it runs on, with a tree of actors that heals itself.
//   root ─┬─ host      keeps the latest readings and answers who asks
//         ├─ probes ── cpu, memory, network, disk, process: read /proc, tell host
//         ├─ job       runs a child process that ends badly now and then
//         └─ printer   asks host once a second, and draws

#include <signal.h>
#include <sys/wait.h>

#include <troupe/troupe.hpp>

#include "machine.hpp"

using namespace std::chrono_literals;
using troupe::context, troupe::fail, troupe::logger, troupe::result, troupe::task;

static bool chaos = false, draws = false, as_json = false;  // set before anything runs

static void roll_dice() {
  if (chaos && std::rand() % 8 == 0) throw std::runtime_error("chaos");
}

struct reading {
  std::string source;
  rows values;
};
struct incident {
  std::string actor;
  std::uint64_t restarts;
  std::string error;
};
struct get_snapshot {};

struct host : troupe::actor {
  host() : actor("host") {}
  troupe::cast_inbox<reading> readings{16};
  troupe::cast_inbox<incident> incidents{64};
  troupe::call_inbox<get_snapshot, snapshot> questions{4};

 private:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(readings, [this](reading one) { now_.readings[one.source] = one.values; }),
        troupe::on(incidents, [this](incident one) { note(one); }),
        troupe::on(questions, [this](get_snapshot) {
          roll_dice();  // if it throws, who asked gets errc::no_reply
          return now_;
        }));
  }
  void note(const incident& one) {
    now_.restarts[one.actor] = one.restarts;
    now_.last_errors[one.actor] = one.error;
  }
  snapshot now_;  // survives crashes: a restart keeps the object
};

static task<result<>> probe(context ctx, std::string source, std::shared_ptr<host> to) {
  const auto [counted, read] = sources.at(source);
  rows last = read();
  auto then = std::chrono::steady_clock::now();
  while (co_await troupe::sleep_for(ctx, 500ms)) {
    roll_dice();
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> passed = now - std::exchange(then, now);
    reading news{source, rates(counted, last, read(), passed.count())};
    if (!co_await to->readings.cast(std::move(news))) break;
  }
  co_return fail(troupe::errc::canceled);
}

static task<result<>> job(context, logger&) {  // system() blocks: not on a worker
  auto status = co_await troupe::blocking([] { return std::system("sleep 0.5; exit 3"); });
  throw std::runtime_error(fmt::format("sh ended with {}", WEXITSTATUS(status.value())));
}

static task<result<>> printer(context ctx, std::shared_ptr<host> from) {
  while (co_await troupe::sleep_for(ctx, 1s)) {
    roll_dice();
    auto now = co_await from->questions.call(ctx.with_timeout(500ms), {});
    if (!now) continue;  // host has just crashed
    const std::string text = as_json ? json(*now) : table(*now, draws ? "\x1b[H\x1b[J" : "\n");
    co_await troupe::blocking([&] { fmt::print("{}", text), std::fflush(stdout); });  // may be slow
  }
  co_return fail(troupe::errc::canceled);
}

static bool seconds_of(const char* text, int& seconds) {  // 20s
  char unit = 0, more = 0;
  return std::sscanf(text, "%6d%c%c", &seconds, &unit, &more) == 2 && unit == 's' && seconds > 0;
}

int main(int argc, char** argv) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  int length = terminal ? 0 : 10;  // seconds; 0: until Ctrl-C
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    chaos = chaos || flag == "--chaos";
    as_json = as_json || flag == "--json";
    if (flag == "--chaos" || flag == "--json") continue;
    if (flag == "--for" && ++i < argc && seconds_of(argv[i], length)) continue;
    fmt::print(flag == "--help" ? stdout : stderr,
               "{}usage: hostwatch [--for 20s] [--chaos] [--json]\n",
               flag == "--help" ? "" : flag + " is unknown, or lacks a time such as 20s; ");
    return flag == "--help" ? 0 : 2;
  }
  draws = terminal && !as_json;
  sigset_t stops;  // blocked in all threads, which inherit this, and waited for below
  sigemptyset(&stops);
  for (const int one : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stops, one);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);

  auto keeper = std::make_shared<host>();
  troupe::supervisor_options options{.restart_delay = 300ms};
  options.observers = {{.on_actor_restarting = [keeper](auto& who, auto times, auto& why) {
    (void)keeper->incidents.try_cast(incident{who.name(), times, std::string(why.text())});
  }}};
  troupe::supervisor_options below = options;
  for (const auto& source : sources) {
    auto run = [=, name = source.first](context ctx, logger&) { return probe(ctx, name, keeper); };
    below.children.push_back(troupe::make_actor(source.first, run));
  }
  auto print = [=](context ctx, logger&) { return printer(ctx, keeper); };
  options.children = {keeper,
                      std::make_shared<troupe::supervisor>("probes", std::move(below)),
                      {troupe::make_actor("job", job), {.restart_delay = 3s}},
                      troupe::make_actor("printer", print)};
  if (draws) fmt::print("\x1b[?1049h\x1b[?25l");  // a second page, no cursor
  troupe::runtime rt;
  rt.spawn(std::make_shared<troupe::supervisor>("root", std::move(options)));
  const time_t end = length > 0 ? std::time(nullptr) + length : 0;
  const timespec moment{0, 100'000'000};
  while (sigtimedwait(&stops, nullptr, &moment) < 0)
    if (end != 0 && std::time(nullptr) >= end) break;
  rt.shutdown();
  if (draws) fmt::print("\x1b[?25h\x1b[?1049l");
}
