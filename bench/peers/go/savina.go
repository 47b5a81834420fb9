// The workloads of Savina on bare channels. An operation is what the size of the workload counts:
// pings, increments, hops, messages, actors, pings, meetings, items, meals, transactions.
package main

import (
	"context"
	"math/rand/v2"
	"sync"

	h "troupe.peers/channels/harness"
)

func pingPong(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	pings, pongs := make(chan int, 16), make(chan int, 16)
	var done sync.WaitGroup
	done.Add(1)
	go serve(ctx, pings, func(m int) bool { cast(ctx, pongs, m); return true })
	r.Start()
	go func() {
		cast(ctx, pings, 0)
		serve(ctx, pongs, func(m int) bool {
			if m+1 < r.N {
				cast(ctx, pings, m+1)
			}
			return m+1 < r.N
		})
		done.Done()
	}()
	done.Wait()
	r.Stop()
}

func countingActor(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	in := make(chan request, 1024) // a reply channel marks the question for the sum
	go func() {
		count := 0
		serve(ctx, in, func(m request) bool {
			if m.reply != nil {
				m.reply <- count
			}
			count++
			return true
		})
	}()
	done := make(chan int)
	r.Start()
	go func() {
		for range r.N {
			cast(ctx, in, request{value: 1})
		}
		done <- call(ctx, in, 0)
	}()
	if <-done != r.N {
		panic("increments were lost")
	}
	r.Stop()
}

func threadRing(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("actors", 100)
	ring, done := make([]chan int, n), make(chan bool)
	for i := range ring {
		ring[i] = make(chan int, 16)
	}
	for i := range ring {
		go serve(ctx, ring[i], func(left int) bool {
			if left == 0 {
				done <- true
				return false
			}
			cast(ctx, ring[(i+1)%n], left-1)
			return true
		})
	}
	r.Start()
	cast(ctx, ring[0], r.N)
	<-done
	r.Stop()
}

func forkJoinThroughput(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("actors", 60)
	each := r.N / n
	r.N = each * n
	inboxes := make([]chan int, n)
	var done sync.WaitGroup
	done.Add(n)
	for i := range inboxes {
		inboxes[i] = make(chan int, r.Arg("capacity", 1024))
		go counting(ctx, &done, inboxes[i], each)
	}
	r.Start()
	for m := range each {
		for _, in := range inboxes {
			cast(ctx, in, m)
		}
	}
	done.Wait()
	r.Stop()
}

func forkJoinCreate(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	var done sync.WaitGroup
	done.Add(r.N)
	r.Start()
	for i := range r.N {
		in := make(chan int, 16)
		go counting(ctx, &done, in, 1)
		cast(ctx, in, i)
	}
	done.Wait()
	r.Stop()
}

type ping struct {
	from int
	pong bool
}

// An actor has one ping under way, so an inbox holds at most one from each and its own pong.
func big(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("actors", 120)
	each := r.N / n
	r.N = each * n
	inboxes := make([]chan ping, n)
	for i := range inboxes {
		inboxes[i] = make(chan ping, n+1)
	}
	var done sync.WaitGroup
	done.Add(n)
	r.Start()
	for i := range inboxes {
		go func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			left := each
			cast(ctx, inboxes[random.IntN(n)], ping{from: i})
			serve(ctx, inboxes[i], func(m ping) bool {
				if !m.pong {
					cast(ctx, inboxes[m.from], ping{pong: true})
					return true
				}
				if left--; left == 0 {
					done.Done()
				} else {
					cast(ctx, inboxes[random.IntN(n)], ping{from: i})
				}
				return true
			})
		}()
	}
	done.Wait()
	r.Stop()
}

type meeting struct {
	color int
	reply chan int
}

func chameneos(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("actors", 100)
	mall := make(chan meeting, n)
	var waiting meeting
	meetings, done := 0, make(chan bool)
	r.Start()
	go serve(ctx, mall, func(m meeting) bool {
		if waiting.reply == nil {
			waiting = m
			return true
		}
		cast(ctx, waiting.reply, m.color)
		cast(ctx, m.reply, waiting.color)
		waiting.reply = nil
		if meetings++; meetings == r.N {
			done <- true
		}
		return meetings < r.N
	})
	for i := range n {
		go func() {
			color, in := i%3, make(chan int, 1)
			cast(ctx, mall, meeting{color, in})
			serve(ctx, in, func(other int) bool {
				if other != color {
					color = 3 - color - other
				}
				cast(ctx, mall, meeting{color, in})
				return true
			})
		}()
	}
	<-done
	r.Stop()
}

// The manager keeps the buffer: it asks producers for items while there is room, and gives each
// item to the consumer that waits longest. Its inbox holds one message from each of the others.
func boundedBuffer(r *h.Run) {
	type message struct {
		producer, consumer chan int
		item               int
	}
	ctx, cancel := background()
	defer cancel()
	producers, consumers := r.Arg("producers", 40), r.Arg("consumers", 40)
	room := r.Arg("buffer", 50) - producers
	each := r.N / producers
	r.N = each * producers
	manager := make(chan message, producers+consumers)
	done := make(chan bool)
	r.Start()
	for range producers {
		go func() {
			in, left := make(chan int, 1), each
			cast(ctx, in, 0)
			serve(ctx, in, func(int) bool {
				if left == 0 {
					return false
				}
				left--
				cast(ctx, manager, message{producer: in, item: left})
				return true
			})
		}()
	}
	for range consumers {
		go func() {
			in := make(chan int, 1)
			cast(ctx, manager, message{consumer: in})
			serve(ctx, in, func(int) bool { cast(ctx, manager, message{consumer: in}); return true })
		}()
	}
	go func() {
		var buffer []int
		var asking, free []chan int
		given := 0
		serve(ctx, manager, func(m message) bool {
			if m.consumer != nil {
				free = append(free, m.consumer)
			} else {
				buffer = append(buffer, m.item)
				asking = append(asking, m.producer)
			}
			for len(buffer) > 0 && len(free) > 0 {
				cast(ctx, free[0], buffer[0])
				buffer, free = buffer[1:], free[1:]
				given++
			}
			for len(asking) > 0 && len(buffer) < room {
				cast(ctx, asking[0], 0)
				asking = asking[1:]
			}
			return given < r.N
		})
		done <- true
	}()
	<-done
	r.Stop()
}

// The buffer is a channel, which may have many receivers.
func boundedQueue(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	producers, consumers := r.Arg("producers", 40), r.Arg("consumers", 40)
	each := r.N / producers
	r.N = each * producers
	buffer := make(chan int, r.Arg("capacity", 50))
	var done sync.WaitGroup
	done.Add(consumers)
	r.Start()
	for range producers {
		go func() {
			for i := range each {
				cast(ctx, buffer, i)
			}
		}()
	}
	for range consumers {
		go func() {
			for range r.N / consumers {
				<-buffer
			}
			done.Done()
		}()
	}
	done.Wait()
	r.Stop()
}

// One arbitrator owns the forks. Who is refused asks again, as in Savina.
func philosophers(r *h.Run) {
	type message struct {
		who    int
		hungry bool
	}
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("actors", 20)
	each := r.N / n
	r.N = each * n
	arbitrator := make(chan message, 2*n)
	replies := make([]chan bool, n)
	for i := range replies {
		replies[i] = make(chan bool, 1)
	}
	forks := make([]bool, n)
	go serve(ctx, arbitrator, func(m message) bool {
		left, right := &forks[m.who], &forks[(m.who+1)%n]
		if !m.hungry {
			*left, *right = false, false
			return true
		}
		may := !*left && !*right
		if may {
			*left, *right = true, true
		}
		cast(ctx, replies[m.who], may)
		return true
	})
	var done sync.WaitGroup
	done.Add(n)
	r.Start()
	for i := range n {
		go func() {
			left := each
			cast(ctx, arbitrator, message{i, true})
			serve(ctx, replies[i], func(may bool) bool {
				if may {
					left--
					cast(ctx, arbitrator, message{i, false})
				}
				if left > 0 {
					cast(ctx, arbitrator, message{i, true})
				}
				return left > 0
			})
			done.Done()
		}()
	}
	done.Wait()
	r.Stop()
}

type transfer struct {
	amount int
	to     chan transfer // nil: put the amount in and answer
	reply  chan int
}

// Money goes to accounts with a higher number only, as in Savina, so that calls close no circle.
func bank(r *h.Run) {
	ctx, cancel := background()
	defer cancel()
	n := r.Arg("accounts", 1000)
	accounts := make([]chan transfer, n)
	var done sync.WaitGroup
	done.Add(r.N)
	for i := range accounts {
		accounts[i] = make(chan transfer, 16)
		go account(ctx, accounts[i], &done)
	}
	random := rand.New(rand.NewPCG(1, 1))
	r.Start()
	for range r.N {
		from := random.IntN(n / 10 * 8)
		to := from + 1 + random.IntN(n-from-1)
		cast(ctx, accounts[from], transfer{amount: 1, to: accounts[to]})
	}
	done.Wait()
	r.Stop()
}

func account(ctx context.Context, in <-chan transfer, done *sync.WaitGroup) {
	balance := 0
	serve(ctx, in, func(m transfer) bool {
		if m.to == nil {
			balance += m.amount
			m.reply <- balance
			return true
		}
		balance -= m.amount
		reply := replies.Get().(chan int)
		cast(ctx, m.to, transfer{amount: m.amount, reply: reply})
		<-reply
		replies.Put(reply)
		done.Done()
		return true
	})
}
