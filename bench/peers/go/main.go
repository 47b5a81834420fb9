// Bare channels of Go, as a program without a library of actors would use them.
//
// A cast is a send in a select with the sender's context, an actor is a goroutine that selects over
// its channel and its context, and a call is a channel with a reply channel from a pool. Closing,
// errors and names, which a library adds, are not here.
package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	h "troupe.peers/channels/harness"
)

func cast[T any](ctx context.Context, to chan<- T, m T) {
	select {
	case to <- m:
	case <-ctx.Done():
	}
}

type request struct {
	value int
	reply chan int
}

var replies = sync.Pool{New: func() any { return make(chan int, 1) }}

func call(ctx context.Context, to chan<- request, value int) int {
	reply := replies.Get().(chan int)
	cast(ctx, to, request{value, reply})
	select {
	case answer := <-reply:
		replies.Put(reply)
		return answer
	case <-ctx.Done():
		return 0
	}
}

// serve is an actor: it handles what comes until its context is done or the handler says stop.
func serve[T any](ctx context.Context, from <-chan T, handle func(T) bool) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-from:
			if !handle(m) {
				return
			}
		}
	}
}

// counting is an actor that ends after n messages.
func counting(ctx context.Context, done *sync.WaitGroup, in <-chan int, n int) {
	seen := 0
	serve(ctx, in, func(int) bool { seen++; return seen < n })
	done.Done()
}

func background() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

func castInbox(defaultSenders int) func(*h.Run) {
	return func(r *h.Run) {
		ctx, cancel := background()
		defer cancel()
		senders := r.Arg("senders", defaultSenders)
		in := make(chan int, r.Arg("capacity", 1024))
		r.N = r.N / senders * senders
		var done sync.WaitGroup
		done.Add(1)
		r.Start()
		go counting(ctx, &done, in, r.N)
		for range senders {
			go func() {
				for i := range r.N / senders {
					cast(ctx, in, i)
				}
			}()
		}
		done.Wait()
		r.Stop()
	}
}

func tryCast(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	in := make(chan int, r.Arg("capacity", 1024))
	var done sync.WaitGroup
	done.Add(1)
	go counting(ctx, &done, in, r.N)
	r.Start()
	for sent := 0; sent < r.N; {
		select {
		case in <- sent:
			sent++
		default:
			runtime.Gosched() // full: not counted, tried again when the receiver has run
		}
	}
	done.Wait()
	r.Stop()
}

func answer(ctx context.Context, in <-chan request) {
	serve(ctx, in, func(q request) bool { q.reply <- q.value + 1; return true })
}

func callInbox(defaultCallers int, latency bool) func(*h.Run) {
	return func(r *h.Run) {
		ctx, cancel := background()
		defer cancel()
		callers := r.Arg("callers", defaultCallers)
		in := make(chan request, r.Arg("capacity", 16))
		each := r.N / callers
		r.N = each * callers
		times := make([]int64, r.N)
		go answer(ctx, in)
		var done sync.WaitGroup
		r.Start()
		for c := range callers {
			done.Add(1)
			go func() {
				defer done.Done()
				for i := range each {
					if !latency {
						call(ctx, in, i)
						continue
					}
					before := time.Now()
					call(ctx, in, i)
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

// supervised runs a child in a goroutine of its own and tells of its end, panics included.
func supervised(ended chan<- any, child func()) {
	go func() {
		defer func() { ended <- recover() }()
		child()
	}()
}

func spawnAndExit(r *h.Run) {
	r.Note = "a goroutine with recover and a channel for its end; no supervisor"
	ended := make(chan any)
	r.Start()
	for range r.N {
		supervised(ended, func() {})
		<-ended
	}
	r.Stop()
}

func parallelSpawn(r *h.Run) {
	r.Note = "goroutines with recover and a channel for their ends; no supervisor"
	spawners := r.Arg("senders", 8)
	r.N = r.N / spawners * spawners
	var done sync.WaitGroup
	done.Add(spawners)
	r.Start()
	for range spawners {
		go func() {
			ended := make(chan any)
			for range r.N / spawners {
				supervised(ended, func() {})
				<-ended
			}
			done.Done()
		}()
	}
	done.Wait()
	r.Stop()
}

func nextRoundRobin(r *h.Run) {
	routees, next, sum := make([]int, 8), atomic.Uint64{}, 0
	r.Start()
	for range r.N {
		sum += routees[next.Add(1)%uint64(len(routees))]
	}
	r.Stop()
	runtime.KeepAlive(sum)
}

func nextRandom(r *h.Run) {
	routees, sum := make([]int, 8), 0
	r.Start()
	for range r.N {
		sum += routees[rand.IntN(len(routees))]
	}
	r.Stop()
	runtime.KeepAlive(sum)
}

func nextParallel(r *h.Run) {
	routees, next := make([]int, 8), atomic.Uint64{}
	threads := runtime.GOMAXPROCS(0)
	var done sync.WaitGroup
	r.Start()
	for range threads {
		done.Add(1)
		go func() {
			sum := 0
			for range r.N / threads {
				sum += routees[next.Add(1)%uint64(len(routees))]
			}
			runtime.KeepAlive(sum)
			done.Done()
		}()
	}
	done.Wait()
	r.Stop()
}

// outbox is one to many by plain functions, behind a lock.
type outbox struct {
	lock     sync.RWMutex
	handlers []func(int) error
}

func (o *outbox) subscribe(f func(int) error) {
	o.lock.Lock()
	o.handlers = append(o.handlers, f)
	o.lock.Unlock()
}

func (o *outbox) emit(m int) (first error) {
	o.lock.RLock()
	for _, f := range o.handlers {
		if err := f(m); err != nil && first == nil {
			first = err
		}
	}
	o.lock.RUnlock()
	return first
}

func emit(subscribers int) func(*h.Run) {
	return func(r *h.Run) {
		var o outbox
		sum := 0
		for range r.Arg("subscribers", subscribers) {
			o.subscribe(func(m int) error { sum += m; return nil })
		}
		r.Start()
		for i := range r.N {
			_ = o.emit(i)
		}
		r.Stop()
	}
}

func fireAndForget(r *h.Run) {
	var o outbox
	o.subscribe(func(int) error { return nil })
	r.Start()
	for i := range r.N {
		_ = o.emit(i)
	}
	r.Stop()
}

func subscribe(r *h.Run) {
	all := make([]outbox, max(1, r.N/h.OneOutbox))
	r.N = len(all) * h.OneOutbox
	f := func(int) error { return nil }
	r.Start()
	for i := range all {
		for range h.OneOutbox {
			all[i].subscribe(f)
		}
	}
	r.Stop()
}

func pushedWrite(r *h.Run) {
	r.Note = "a value behind a mutex, its update function called; no subscriber"
	var lock sync.Mutex
	value, seen := 0, 0
	update := func(_ context.Context, v int) error { seen = v; return nil }
	ctx := context.Background()
	r.Start()
	for i := range r.N {
		lock.Lock()
		if update(ctx, i) == nil {
			value = i
		}
		lock.Unlock()
	}
	r.Stop()
	runtime.KeepAlive(value + seen)
}

func notify(r *h.Run) {
	r.Note = "channels of one place; nobody takes, a full one is passed over"
	subscribers := make([]chan struct{}, r.Arg("subscribers", 1))
	for i := range subscribers {
		subscribers[i] = make(chan struct{}, 1)
	}
	r.Start()
	for range r.N {
		for _, s := range subscribers {
			select {
			case s <- struct{}{}:
			default:
			}
		}
	}
	r.Stop()
}

func periodic(r *h.Run) {
	every := time.Duration(r.Arg("us", 100)) * time.Microsecond
	r.N = max(10, r.N)
	value := 0
	r.Start()
	ticks := time.NewTicker(every)
	for value < r.N {
		<-ticks.C
		value++
	}
	r.Stop()
	ticks.Stop()
}

func main() {
	about := map[string]any{"name": "go-channels", "version": runtime.Version(),
		"config": "GOMAXPROCS=workers, bounded channels, select with a context, GOGC default"}
	workloads := map[string]h.Workload{
		"CastInbox_TryCast":        {Ops: 2000000, Do: tryCast},
		"CastInbox_SingleWorker":   {Ops: 2000000, Do: castInbox(1)},
		"CastInbox_Parallel":       {Ops: 2000000, Do: castInbox(8)},
		"ScaleSenders":             {Ops: 2000000, Do: castInbox(1)},
		"CallInbox_SingleWorker":   {Ops: 500000, Do: callInbox(1, false)},
		"CallInbox_Contention":     {Ops: 500000, Do: callInbox(8, false)},
		"Supervisor_SpawnAndExit":  {Ops: 500000, Do: spawnAndExit},
		"Supervisor_ParallelSpawn": {Ops: 500000, Do: parallelSpawn},
		"Router_Next_RoundRobin":   {Ops: 20000000, Do: nextRoundRobin},
		"Router_Next_Random":       {Ops: 20000000, Do: nextRandom},
		"Router_Next_Parallel":     {Ops: 20000000, Do: nextParallel},
		"Outbox_Emit":              {Ops: 1000000, Do: emit(1)},
		"Outbox_Subscribe":         {Ops: 1000000, Do: subscribe},
		"Outbox_EmitFireAndForget": {Ops: 10000000, Do: fireAndForget},
		"PushedSignal_Write":       {Ops: 10000000, Do: pushedWrite},
		"Broadcaster_Notify":       {Ops: 200000, Do: notify},
		"PeriodicSignal_Update":    {Ops: 5000, Do: periodic},
		"IdleActors":               {Ops: 1000000, Do: idleActors},
		"ScaleActors":              {Ops: 1000000, Do: scaleActors},
		"CallLatency":              {Ops: 200000, Do: callInbox(4, true)},
		"WakeLatency":              {Ops: 2000, Do: wakeLatency},
		"TimerLatency":             {Ops: 1000, Do: timerLatency},
		"PingPong":                 {Ops: 40000, Do: pingPong},
		"Counting":                 {Ops: 1000000, Do: countingActor},
		"ThreadRing":               {Ops: 100000, Do: threadRing},
		"ForkJoinThroughput":       {Ops: 600000, Do: forkJoinThroughput},
		"ForkJoinCreate":           {Ops: 40000, Do: forkJoinCreate},
		"Big":                      {Ops: 2400000, Do: big},
		"Chameneos":                {Ops: 200000, Do: chameneos},
		"BoundedBuffer":            {Ops: 40000, Do: boundedBuffer},
		"BoundedQueue":             {Ops: 40000, Do: boundedQueue},
		"Philosophers":             {Ops: 200000, Do: philosophers},
		"BankTransactions":         {Ops: 50000, Do: bank},
	}
	h.Main(about, map[string]string{
		"Supervisor_RestartCycle": "channels have no supervisor",
	}, workloads)
}
