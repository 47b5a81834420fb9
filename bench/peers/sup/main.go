// sup for Go (github.com/webermarci/sup), by its public interface alone.
//
// The workloads are those of the peer on bare channels, with the library's inboxes, supervisors,
// signals and routers in the place of channels. README.md says which version that is.
package main

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/webermarci/sup"

	h "troupe.peers/channels/harness"
)

// version is what build has linked in.
var version = "unknown"

var background = context.Background()

// actor is an actor whose loop is a function.
type actor struct {
	*sup.BaseActor
	loop func(context.Context) error
}

func (a *actor) Run(ctx context.Context) error { return a.loop(ctx) }

func newActor(loop func(context.Context) error) *actor {
	return &actor{sup.NewBaseActor("actor"), loop}
}

// serving is an actor that handles what comes to an inbox until the handler says stop.
func serving[T any](in *sup.CastInbox[T], handle func(T) bool) *actor {
	return newActor(func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case m, open := <-in.Receive():
				if !open || !handle(m) {
					return nil
				}
			}
		}
	})
}

// counting ends after n messages.
func counting(done *sync.WaitGroup, in *sup.CastInbox[int], n int) *actor {
	seen := 0
	return serving(in, func(int) bool {
		if seen++; seen < n {
			return true
		}
		done.Done()
		return false
	})
}

func answering(in *sup.CallInbox[int, int]) *actor {
	return newActor(func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case request, open := <-in.Receive():
				if !open {
					return nil
				}
				request.Reply(request.Payload()+1, nil)
			}
		}
	})
}

// quiet: without a logger of the user's, a supervisor formats its lines and throws them away.
var quiet = sup.WithLogger(slog.New(slog.DiscardHandler))

// options are `more`, and no log unless the run is to show the library as it comes.
func options(r *h.Run, more ...sup.SupervisorOption) []sup.SupervisorOption {
	if r.Arg("as_it_comes", 0) == 0 {
		more = append(more, quiet)
	}
	return more
}

// supervise starts a supervisor over the actors, and gives it with the function that ends it.
func supervise(r *h.Run, actors ...sup.Actor) (*sup.Supervisor, func()) {
	ctx, cancel := context.WithCancel(background)
	root := sup.NewSupervisor("root",
		options(r, sup.WithActors(actors...), sup.WithPolicy(sup.Temporary))...)
	go func() { _ = root.Run(ctx) }()
	return root, func() { cancel(); root.Wait() }
}

// started runs actors one by one without a supervisor: a run is a goroutine, as the library's own
// is.
func started(ctx context.Context, actors ...sup.Actor) {
	for _, a := range actors {
		go func() { _ = a.Run(ctx) }()
	}
}

func castInbox(defaultSenders int) func(*h.Run) {
	return func(r *h.Run) {
		senders := r.Arg("senders", defaultSenders)
		r.N = r.N / senders * senders
		in := sup.NewCastInbox[int](r.Arg("capacity", 1024))
		var done sync.WaitGroup
		done.Add(1)
		_, end := supervise(r, counting(&done, in, r.N))
		defer end()
		r.Start()
		for range senders {
			go func() {
				for i := range r.N / senders {
					_ = in.Cast(background, i)
				}
			}()
		}
		done.Wait()
		r.Stop()
	}
}

func tryCast(r *h.Run) {
	in := sup.NewCastInbox[int](r.Arg("capacity", 1024))
	var done sync.WaitGroup
	done.Add(1)
	_, end := supervise(r, counting(&done, in, r.N))
	defer end()
	r.Start()
	for sent := 0; sent < r.N; {
		if in.TryCast(background, sent) == nil {
			sent++
		} else {
			runtime.Gosched() // full: not counted, tried again when the receiver has run
		}
	}
	done.Wait()
	r.Stop()
}

func callInbox(defaultCallers int, latency bool) func(*h.Run) {
	return func(r *h.Run) {
		callers := r.Arg("callers", defaultCallers)
		each := r.N / callers
		r.N = each * callers
		in := sup.NewCallInbox[int, int](r.Arg("capacity", 16))
		times := make([]int64, r.N)
		_, end := supervise(r, answering(in))
		defer end()
		var done sync.WaitGroup
		done.Add(callers)
		r.Start()
		for c := range callers {
			go func() {
				defer done.Done()
				for i := range each {
					if !latency {
						_, _ = in.Call(background, i)
						continue
					}
					before := time.Now()
					_, _ = in.Call(background, i)
					times[c*each+i] = int64(time.Since(before))
				}
			}()
		}
		done.Wait()
		r.Stop()
		if latency {
			r.Times = times
		}
	}
}

// spawn has children start and end, one after the other for each of the spawners.
func spawn(defaultSpawners int) func(*h.Run) {
	return func(r *h.Run) {
		spawners := r.Arg("senders", defaultSpawners)
		r.N = r.N / spawners * spawners
		idle := sup.NewCastInbox[int](1)
		root, end := supervise(r, serving(idle, func(int) bool { return true }))
		defer end()
		var done sync.WaitGroup
		done.Add(spawners)
		r.Start()
		for range spawners {
			go func() {
				ran := make(chan bool)
				child := newActor(func(context.Context) error { ran <- true; return nil })
				for range r.N / spawners {
					root.Spawn(background, child) // the same again and again, as in the library's own benchmark
					<-ran
				}
				done.Done()
			}()
		}
		done.Wait()
		r.Stop()
	}
}

var errOnPurpose = errors.New("on purpose")

func restartCycle(r *h.Run) {
	left, done := r.N, make(chan bool)
	child := newActor(func(ctx context.Context) error {
		if left--; left >= 0 {
			return errOnPurpose
		}
		done <- true
		<-ctx.Done()
		return ctx.Err()
	})
	ctx, cancel := context.WithCancel(background)
	root := sup.NewSupervisor("root", options(r, sup.WithActor(child),
		sup.WithPolicy(sup.Permanent), sup.WithRestartDelay(0))...)
	r.Start()
	go func() { _ = root.Run(ctx) }()
	<-done
	r.Stop()
	cancel()
	root.Wait()
}

func next(strategy sup.RouterStrategy, parallel bool) func(*h.Run) {
	return func(r *h.Run) {
		routees := make([]int, 8)
		router := sup.NewRouter(strategy, routees...)
		threads := 1
		if parallel {
			threads = runtime.GOMAXPROCS(0)
		}
		var done sync.WaitGroup
		done.Add(threads)
		r.Start()
		for range threads {
			go func() {
				sum := 0
				for range r.N / threads {
					sum += router.Next()
				}
				runtime.KeepAlive(sum)
				done.Done()
			}()
		}
		done.Wait()
		r.Stop()
	}
}

func emit(subscribers int) func(*h.Run) {
	return func(r *h.Run) {
		var o sup.Outbox[int]
		sum := 0
		for range r.Arg("subscribers", subscribers) {
			o.Subscribe(func(_ context.Context, m int) { sum += m })
		}
		r.Start()
		for i := range r.N {
			o.Emit(background, i)
		}
		r.Stop()
		runtime.KeepAlive(sum)
	}
}

func fireAndForget(r *h.Run) {
	var o sup.Outbox[int]
	o.Subscribe(func(context.Context, int) {})
	r.Start()
	for i := range r.N {
		o.Emit(background, i)
	}
	r.Stop()
}

func subscribe(r *h.Run) {
	all := make([]sup.Outbox[int], max(1, r.N/h.OneOutbox))
	r.N = len(all) * h.OneOutbox
	f := func(context.Context, int) {}
	r.Start()
	for i := range all {
		for range h.OneOutbox {
			all[i].Subscribe(f)
		}
	}
	r.Stop()
}

func pushedWrite(subscribers int) func(*h.Run) {
	return func(r *h.Run) {
		if subscribers > 0 {
			r.Note = "a subscriber that does not look keeps the first 32 values, and gets none of the others"
		}
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		signal := sup.NewPushedSignal("value", func(context.Context, int) error { return nil })
		for range r.Arg("subscribers", subscribers) {
			runtime.KeepAlive(signal.Subscribe(ctx)) // nobody takes
		}
		started(ctx, signal)
		_ = signal.Write(ctx, 0)
		r.Start()
		for i := range r.N {
			_ = signal.Write(ctx, i)
		}
		r.Stop()
	}
}

func periodic(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	count := 0
	signal := sup.NewPolledSignal("value", func(context.Context) (int, error) {
		count++
		return count, nil
	}, time.Duration(r.Arg("us", 100))*time.Microsecond)
	values := signal.Subscribe(ctx)
	r.Start()
	started(ctx, signal)
	for range r.N {
		<-values
	}
	r.Stop()
}

func idleActors(r *h.Run) {
	r.Note = "each run by a goroutine, without a supervisor"
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	n := r.Arg("actors", r.N)
	r.N = n
	all, warm := make([]sup.Actor, n), newActor(nil)
	for i := range all {
		all[i] = warm // so that the array is in memory: it is not a part of any actor
	}
	runtime.GC()
	before := h.Resident()
	var running sync.WaitGroup
	running.Add(n)
	r.Start()
	for i := range all {
		in := sup.NewCastInbox[int32](16)
		inner := serving(in, func(int32) bool { return true })
		all[i] = newActor(func(ctx context.Context) error { running.Done(); return inner.Run(ctx) })
		started(ctx, all[i])
	}
	running.Wait()
	r.Stop()
	r.Bytes = (h.Resident() - before) / int64(n)
	runtime.KeepAlive(all)
}

// inTurn sends r.N messages to so many actors in turn. They have started before, and live on.
func inTurn(defaultActors, defaultCapacity int) func(*h.Run) {
	return func(r *h.Run) {
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		n := r.Arg("actors", defaultActors)
		rounds := max(1, r.N/n)
		r.N = rounds * n
		inboxes := make([]*sup.CastInbox[int], n)
		var running, done sync.WaitGroup
		running.Add(n)
		for i := range inboxes {
			inboxes[i] = sup.NewCastInbox[int](r.Arg("capacity", defaultCapacity))
			inner := serving(inboxes[i], func(last int) bool {
				if last == 1 {
					done.Done()
				}
				return true
			})
			started(ctx, newActor(func(ctx context.Context) error {
				running.Done()
				return inner.Run(ctx)
			}))
		}
		running.Wait()
		h.Laps(r, rounds, func(rounds int) {
			done.Add(n)
			for left := rounds; left > 0; left-- {
				for _, in := range inboxes {
					_ = in.Cast(background, left)
				}
			}
			done.Wait()
		})
	}
}

// The sender's goroutine has a thread of its own, as in the peer on bare channels.
func wakeLatency(r *h.Run) {
	r.Note = "the sender is a goroutine with a thread of its own"
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	in, took := sup.NewCastInbox[time.Time](1), make(chan int64, 1)
	_, end := supervise(r, serving(in, func(sent time.Time) bool {
		took <- int64(time.Since(sent))
		return true
	}))
	defer end()
	r.Start()
	for range r.N {
		_ = in.Cast(background, time.Now())
		time.Sleep(2 * time.Millisecond)
		r.Times = append(r.Times, <-took)
	}
	r.Stop()
}

func main() {
	about := map[string]any{"name": "sup", "version": version,
		"config": "GOMAXPROCS=workers, bounded inboxes, GOGC default"}
	h.Main(about, map[string]string{
		"TimerLatency": "it has no timers of its own; see go",
	}, map[string]h.Workload{
		"CastInbox_TryCast":        {Ops: 2000000, Do: tryCast},
		"CastInbox_SingleWorker":   {Ops: 2000000, Do: castInbox(1)},
		"CastInbox_Parallel":       {Ops: 2000000, Do: castInbox(8)},
		"ScaleSenders":             {Ops: 2000000, Do: castInbox(1)},
		"CallInbox_SingleWorker":   {Ops: 500000, Do: callInbox(1, false)},
		"CallInbox_Contention":     {Ops: 500000, Do: callInbox(8, false)},
		"CallLatency":              {Ops: 200000, Do: callInbox(4, true)},
		"Supervisor_SpawnAndExit":  {Ops: 200000, Do: spawn(1)},
		"Supervisor_ParallelSpawn": {Ops: 200000, Do: spawn(8)},
		"Supervisor_RestartCycle":  {Ops: 200000, Do: restartCycle},
		"Router_Next_RoundRobin":   {Ops: 20000000, Do: next(sup.RoundRobin, false)},
		"Router_Next_Random":       {Ops: 20000000, Do: next(sup.Random, false)},
		"Router_Next_Parallel":     {Ops: 20000000, Do: next(sup.RoundRobin, true)},
		"Outbox_Emit":              {Ops: 2000000, Do: emit(10)},
		"Outbox_EmitFireAndForget": {Ops: 20000000, Do: fireAndForget},
		"Outbox_Subscribe":         {Ops: 2000000, Do: subscribe},
		"PushedSignal_Write":       {Ops: 5000000, Do: pushedWrite(0)},
		"Broadcaster_Notify":       {Ops: 200000, Do: pushedWrite(1)},
		"PeriodicSignal_Update":    {Ops: 5000, Do: periodic},
		"IdleActors":               {Ops: 1000000, Do: idleActors},
		"ScaleActors":              {Ops: 1000000, Do: inTurn(1000, 16)},
		"ForkJoinThroughput":       {Ops: 600000, Do: inTurn(60, 1024)},
		"WakeLatency":              {Ops: 2000, Do: wakeLatency},
		"PingPong":                 {Ops: 40000, Do: pingPong},
		"Counting":                 {Ops: 1000000, Do: countingActor},
		"ThreadRing":               {Ops: 100000, Do: threadRing},
		"ForkJoinCreate":           {Ops: 40000, Do: forkJoinCreate},
		"Big":                      {Ops: 2400000, Do: big},
		"Chameneos":                {Ops: 200000, Do: chameneos},
		"BoundedBuffer":            {Ops: 40000, Do: boundedBuffer},
		"BoundedQueue":             {Ops: 40000, Do: boundedQueue},
		"Philosophers":             {Ops: 200000, Do: philosophers},
		"BankTransactions":         {Ops: 50000, Do: bank},
	})
}
