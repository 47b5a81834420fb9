// Many goroutines, and latency.
package main

import (
	"runtime"
	"sync"
	"time"

	h "troupe.peers/channels/harness"
)

func idleActors(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("actors", r.N)
	r.N = n
	warm := make(chan int32)
	inboxes := make([]chan int32, n)
	for i := range inboxes {
		inboxes[i] = warm // so that the array is in memory: it is not a part of any actor
	}
	runtime.GC()
	before := h.Resident()
	var started sync.WaitGroup
	started.Add(n)
	r.Start()
	for i := range inboxes {
		in := make(chan int32, 16)
		inboxes[i] = in
		go func() {
			started.Done()
			serve(ctx, in, func(int32) bool { return true })
		}()
	}
	started.Wait()
	r.Stop()
	r.Bytes = (h.Resident() - before) / int64(n)
	runtime.KeepAlive(inboxes)
}

func scaleActors(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("actors", 1000)
	rounds := max(1, r.N/n)
	r.N = rounds * n
	inboxes := make([]chan int, n)
	var started, done sync.WaitGroup
	started.Add(n)
	for i := range inboxes {
		in := make(chan int, 16)
		inboxes[i] = in
		go func() {
			started.Done()
			serve(ctx, in, func(last int) bool {
				if last == 1 {
					done.Done()
				}
				return true
			})
		}()
	}
	started.Wait()
	h.Laps(r, rounds, func(rounds int) {
		done.Add(n)
		for left := rounds; left > 0; left-- {
			for _, in := range inboxes {
				cast(ctx, in, left)
			}
		}
		done.Wait()
	})
}

// The sender's goroutine has a thread of its own, which gives up its place when it sleeps: the receiver
// is run by another thread, which has to be woken.
func wakeLatency(r *h.Run) {
	r.Note = "the sender is a goroutine with a thread of its own"
	ctx, cancel := background()
	defer cancel()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	in, took := make(chan time.Time, 1), make(chan int64, 1)
	go serve(ctx, in, func(sent time.Time) bool { took <- int64(time.Since(sent)); return true })
	r.Start()
	for range r.N {
		cast(ctx, in, time.Now())
		time.Sleep(2 * time.Millisecond)
		r.Times = append(r.Times, <-took)
	}
	r.Stop()
}

func timerLatency(r *h.Run) {
	r.Times = make([]int64, 0, r.N)
	r.Start()
	for range r.N {
		due := time.Now().Add(time.Millisecond)
		<-time.After(time.Millisecond)
		r.Times = append(r.Times, int64(time.Since(due)))
	}
	r.Stop()
}
