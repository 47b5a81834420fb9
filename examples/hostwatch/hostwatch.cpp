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
        troupe::on(incidents,
                   [this](incident one) {
                     now_.restarts[one.actor] = one.restarts;
                     now_.last_errors[one.actor] = one.error;
                   }),
        troupe::on(questions, [this](get_snapshot) {
          roll_dice();  // if it throws, who asked gets errc::no_reply
          return now_;
        }));
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
    if (auto told = co_await to->readings.cast(std::move(news)); !told)
      co_return fail(told.error());
  }
  co_return fail(troupe::errc::canceled);
}

static task<result<>> job(context ctx, logger&) {
  const pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);  // a group of its own, to be killed with all it has started
    execl("/bin/sh", "sh", "-c", "sleep 2; exit 3", nullptr);
    _exit(127);
  }
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  setpgid(pid, pid);  // whoever of the two comes first
  siginfo_t end{};
  const auto wait = [&] { return waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOWAIT); };
  {  // WNOWAIT leaves the pid in use until the callback that kills it is gone
    const std::stop_callback stop(ctx.stop_token(), [pid] { kill(-pid, SIGKILL); });
    if (!co_await troupe::blocking(wait)) kill(-pid, SIGKILL);  // no thread was free to wait
  }
  waitpid(pid, nullptr, 0);
  if (auto why = ctx.err()) co_return fail(*why);
  throw std::runtime_error(fmt::format("sh ended with {}", end.si_status));
}

struct screen {  // the terminal while it is drawn on: a second page, no cursor, no line wrap
  screen() { put("\x1b[?1049h\x1b[?25l\x1b[?7l"); }
  ~screen() { put("\x1b[?7h\x1b[?25h\x1b[?1049l"); }
  static void put(std::string_view codes, std::string_view text = "") {
    fmt::print("{}{}", draws ? codes : "", text), std::fflush(stdout);
  }
};
static task<result<>> printer(context ctx, std::shared_ptr<host> from) {
  const screen used;
  while (co_await troupe::sleep_for(ctx, 1s)) {
    roll_dice();
    auto now = co_await from->questions.call(ctx.with_timeout(500ms), {});
    if (!now) continue;  // host has just crashed
    std::string text = as_json ? json(*now) : table(*now);
    if (draws) text.pop_back();  // the last line of the screen: do not scroll
    co_await troupe::blocking([&] { screen::put("\x1b[H\x1b[J", text); });  // may be slow
  }
  co_return fail(troupe::errc::canceled);
}

static std::chrono::milliseconds time_of(const std::string& text) {  // 0: not a time
  static const std::map<std::string, int> units{{"ms", 1}, {"s", 1000}, {"m", 60'000}};
  int number = 0, end = 0;
  std::sscanf(text.c_str(), "%6d%n", &number, &end);
  const auto unit = units.find(text.substr(static_cast<std::size_t>(end)));
  return 1ms * (unit != units.end() ? std::max(number, 0) * unit->second : 0);
}

int main(int argc, char** argv) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  std::chrono::milliseconds length = terminal ? 0s : 10s;  // 0: until Ctrl-C
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    chaos = chaos || flag == "--chaos";
    as_json = as_json || flag == "--json";
    if (flag == "--chaos" || flag == "--json") continue;
    if (flag == "--for" && ++i < argc && (length = time_of(argv[i])) > 0ms) continue;
    fmt::print(flag == "--help" ? stdout : stderr,
               "{}usage: hostwatch [--for 20s] [--chaos] [--json]\n",
               flag == "--help" ? "" : flag + " is unknown, or lacks a time in m, s or ms; ");
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
  options.children = {keeper, std::make_shared<troupe::supervisor>("probes", std::move(below)),
                      troupe::make_actor("job", job), troupe::make_actor("printer", print)};
  troupe::runtime rt;
  rt.spawn(std::make_shared<troupe::supervisor>("root", std::move(options)));
  const timespec limit{length / 1s, (length % 1s) / 1ns};
  while (sigtimedwait(&stops, nullptr, length > 0ms ? &limit : nullptr) < 0 && errno == EINTR)
    continue;
  rt.shutdown();
}
