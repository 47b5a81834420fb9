// The workloads of Savina on sup. An operation is what the size of the workload counts: pings,
// increments, hops, actors, pings, meetings, items, meals, transactions.
package main

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/webermarci/sup"

	h "troupe.peers/channels/harness"
)

func pingPong(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	pings, pongs := sup.NewCastInbox[int](16), sup.NewCastInbox[int](16)
	var done sync.WaitGroup
	done.Add(1)
	started(ctx, serving(pings, func(m int) bool { _ = pongs.Cast(ctx, m); return true }),
		serving(pongs, func(m int) bool {
			if m+1 < r.N {
				_ = pings.Cast(ctx, m+1)
				return true
			}
			done.Done()
			return false
		}))
	r.Start()
	_ = pings.Cast(ctx, 0)
	done.Wait()
	r.Stop()
}

func countingActor(r *h.Run) {
	in := sup.NewCastInbox[int](1024) // a message of none asks whether all have come
	done, count := make(chan int), 0
	_, end := supervise(r, serving(in, func(m int) bool {
		if m == 0 {
			done <- count
		}
		count += m
		return true
	}))
	defer end()
	r.Start()
	go func() {
		for range r.N {
			_ = in.Cast(background, 1)
		}
		_ = in.Cast(background, 0)
	}()
	if <-done != r.N {
		panic("increments were lost")
	}
	r.Stop()
}

func threadRing(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	n := r.Arg("actors", 100)
	ring, done := make([]*sup.CastInbox[int], n), make(chan bool)
	for i := range ring {
		ring[i] = sup.NewCastInbox[int](16)
	}
	for i := range ring {
		started(ctx, serving(ring[i], func(left int) bool {
			if left == 0 {
				done <- true
				return false
			}
			_ = ring[(i+1)%n].Cast(ctx, left-1)
			return true
		}))
	}
	r.Start()
	_ = ring[0].Cast(ctx, r.N)
	<-done
	r.Stop()
}

func forkJoinCreate(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	var done sync.WaitGroup
	done.Add(r.N)
	r.Start()
	for i := range r.N {
		in := sup.NewCastInbox[int](16)
		started(ctx, counting(&done, in, 1))
		_ = in.Cast(ctx, i)
	}
	done.Wait()
	r.Stop()
}

type ping struct {
	from *sup.CastInbox[ping] // none: a pong
	go_  bool                 // begin
}

// An actor has one ping under way, so an inbox holds at most one from each and two of its own.
func big(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	n := r.Arg("actors", 120)
	each := r.N / n
	r.N = each * n
	all := make([]*sup.CastInbox[ping], n)
	for i := range all {
		all[i] = sup.NewCastInbox[ping](n + 2)
	}
	var done sync.WaitGroup
	done.Add(n)
	for i, me := range all {
		random, left := rand.New(rand.NewPCG(uint64(i), 1)), each
		started(ctx, serving(me, func(m ping) bool {
			if m.from != nil {
				_ = m.from.Cast(ctx, ping{})
				return true
			}
			if !m.go_ {
				if left--; left == 0 {
					done.Done()
					return true
				}
			}
			_ = all[random.IntN(n)].Cast(ctx, ping{from: me})
			return true
		}))
	}
	r.Start()
	for _, one := range all {
		_ = one.Cast(ctx, ping{go_: true})
	}
	done.Wait()
	r.Stop()
}

type meeting struct {
	color int
	reply *sup.CastInbox[int]
}

func chameneos(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	n := r.Arg("actors", 100)
	mall := sup.NewCastInbox[meeting](n)
	var waiting meeting
	meetings, done := 0, make(chan bool)
	r.Start()
	started(ctx, serving(mall, func(m meeting) bool {
		if waiting.reply == nil {
			waiting = m
			return true
		}
		_ = waiting.reply.Cast(ctx, m.color)
		_ = m.reply.Cast(ctx, waiting.color)
		waiting.reply = nil
		if meetings++; meetings == r.N {
			done <- true
		}
		return meetings < r.N
	}))
	for i := range n {
		color, in := i%3, sup.NewCastInbox[int](1)
		started(ctx, serving(in, func(other int) bool {
			if other != color {
				color = 3 - color - other
			}
			_ = mall.Cast(ctx, meeting{color, in})
			return true
		}))
		_ = mall.Cast(ctx, meeting{color, in})
	}
	<-done
	r.Stop()
}

type delivery struct {
	producer, consumer *sup.CastInbox[int]
	item               int
}

// The manager keeps the buffer: it asks producers for items while there is room, and gives each
// item to the consumer that waits longest. Its inbox holds one message from each of the others.
func boundedBuffer(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	producers, consumers := r.Arg("producers", 40), r.Arg("consumers", 40)
	room, each := r.Arg("buffer", 50)-producers, r.N/producers
	r.N = each * producers
	manager, done := sup.NewCastInbox[delivery](producers+consumers), make(chan bool)
	var buffer []int
	var asking, free []*sup.CastInbox[int]
	given := 0
	r.Start()
	started(ctx, serving(manager, func(m delivery) bool {
		if m.consumer != nil {
			free = append(free, m.consumer)
		} else {
			buffer, asking = append(buffer, m.item), append(asking, m.producer)
		}
		for len(buffer) > 0 && len(free) > 0 {
			_ = free[0].Cast(ctx, buffer[0])
			buffer, free = buffer[1:], free[1:]
			given++
		}
		for len(asking) > 0 && len(buffer) < room {
			_ = asking[0].Cast(ctx, 0)
			asking = asking[1:]
		}
		if given == r.N {
			done <- true
		}
		return given < r.N
	}))
	for range producers {
		in, left := sup.NewCastInbox[int](1), each
		started(ctx, serving(in, func(int) bool {
			if left == 0 {
				return false
			}
			left--
			_ = manager.Cast(ctx, delivery{producer: in, item: left})
			return true
		}))
		_ = in.Cast(ctx, 0)
	}
	for range consumers {
		in := sup.NewCastInbox[int](1)
		started(ctx, serving(in, func(int) bool {
			_ = manager.Cast(ctx, delivery{consumer: in})
			return true
		}))
		_ = manager.Cast(ctx, delivery{consumer: in})
	}
	<-done
	r.Stop()
}

// The buffer is an inbox: a channel may have many receivers.
func boundedQueue(r *h.Run) {
	producers, consumers := r.Arg("producers", 40), r.Arg("consumers", 40)
	each := r.N / producers
	r.N = each * producers
	buffer := sup.NewCastInbox[int](r.Arg("capacity", 50))
	var done sync.WaitGroup
	done.Add(consumers)
	r.Start()
	for range producers {
		go func() {
			for i := range each {
				_ = buffer.Cast(background, i)
			}
		}()
	}
	for range consumers {
		go func() {
			for range r.N / consumers {
				<-buffer.Receive()
			}
			done.Done()
		}()
	}
	done.Wait()
	r.Stop()
}

type fork struct {
	who    int
	hungry bool
}

// One arbitrator owns the forks. Who is refused asks again, as in Savina.
func philosophers(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	n := r.Arg("actors", 20)
	each := r.N / n
	r.N = each * n
	arbitrator, taken := sup.NewCastInbox[fork](2*n), make([]bool, n)
	replies := make([]*sup.CastInbox[bool], n)
	var done sync.WaitGroup
	done.Add(n)
	for i := range replies {
		replies[i] = sup.NewCastInbox[bool](1)
		left := each
		started(ctx, serving(replies[i], func(may bool) bool {
			if may {
				left--
				_ = arbitrator.Cast(ctx, fork{i, false})
				if left == 0 {
					done.Done()
					return false
				}
			}
			_ = arbitrator.Cast(ctx, fork{i, true})
			return true
		}))
	}
	started(ctx, serving(arbitrator, func(m fork) bool {
		left, right := &taken[m.who], &taken[(m.who+1)%n]
		if !m.hungry {
			*left, *right = false, false
			return true
		}
		may := !*left && !*right
		if may {
			*left, *right = true, true
		}
		_ = replies[m.who].Cast(ctx, may)
		return true
	}))
	r.Start()
	for i := range n {
		_ = arbitrator.Cast(ctx, fork{i, true})
	}
	done.Wait()
	r.Stop()
}

// An account takes credits as casts and debits as calls. Money goes to accounts with a higher
// number only, as in Savina, so that calls close no circle.
func bank(r *h.Run) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	n := r.Arg("accounts", 1000)
	credits := make([]*sup.CastInbox[int], n) // to which account
	debits := make([]*sup.CallInbox[int, int], n)
	for i := range credits {
		credits[i], debits[i] = sup.NewCastInbox[int](16), sup.NewCallInbox[int, int](16)
	}
	var done sync.WaitGroup
	done.Add(r.N)
	for i := range credits {
		balance := 0
		started(ctx, newActor(func(ctx context.Context) error {
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case to := <-credits[i].Receive():
					balance--
					_, _ = debits[to].Call(ctx, 1)
					done.Done()
				case request := <-debits[i].Receive():
					balance++
					request.Reply(balance, nil)
				}
			}
		}))
	}
	random := rand.New(rand.NewPCG(1, 1))
	r.Start()
	for range r.N {
		from := random.IntN(n / 10 * 8)
		_ = credits[from].Cast(ctx, from+1+random.IntN(n-from-1))
	}
	done.Wait()
	r.Stop()
}
