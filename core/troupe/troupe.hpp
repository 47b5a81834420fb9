#pragma once

// All of Troupe's core. In the order to read it: errors and tasks, contexts, inboxes and waiting on
// them, actors, supervision, the runtime, signals.

#include <troupe/error.hpp>
#include <troupe/send_error.hpp>
#include <troupe/task.hpp>

#include <troupe/clock.hpp>
#include <troupe/context.hpp>
#include <troupe/event.hpp>
#include <troupe/join_handle.hpp>
#include <troupe/timer.hpp>

#include <troupe/call_inbox.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/outbox.hpp>
#include <troupe/request.hpp>
#include <troupe/router.hpp>
#include <troupe/select.hpp>
#include <troupe/serve.hpp>

#include <troupe/actor.hpp>
#include <troupe/actor_id.hpp>
#include <troupe/exit_reason.hpp>
#include <troupe/failed_root.hpp>
#include <troupe/health.hpp>
#include <troupe/logger.hpp>
#include <troupe/make.hpp>

#include <troupe/child_spec.hpp>
#include <troupe/restart_policy.hpp>
#include <troupe/super_event.hpp>
#include <troupe/super_inbox.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/supervisor_observer.hpp>

#include <troupe/blocking.hpp>
#include <troupe/inspect.hpp>
#include <troupe/runtime.hpp>

#include <troupe/signal/compose.hpp>
#include <troupe/signal/computed_signal.hpp>
#include <troupe/signal/debounced_signal.hpp>
#include <troupe/signal/periodic_signal.hpp>
#include <troupe/signal/pushed_signal.hpp>
#include <troupe/signal/sampled_signal.hpp>
#include <troupe/signal/signal.hpp>
#include <troupe/signal/subscription.hpp>
#include <troupe/signal/throttled_signal.hpp>
