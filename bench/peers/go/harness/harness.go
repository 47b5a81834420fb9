// Package harness is what the programs of the peers in Go share: arguments, the clock, the line of JSON.
//
// A workload is a function that builds what it needs, calls Start, does n operations, and calls Stop. It
// is run three times: twice to warm up, with fewer operations, and once for the figures.
package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Run is one pass of a workload.
type Run struct {
	N     int
	Bytes int64  // for memory: what an actor takes
	Note  string // what differs from the workload's definition
	Times []int64

	args           map[string]int
	begin, end     time.Time
	mallocs, after uint64
}

// OneOutbox is how many subscribe to each outbox in Outbox_Subscribe.
const OneOutbox = 1000

type Workload struct {
	Ops int // unless the caller says otherwise
	Do  func(*Run)
}

// Arg is the value of key=value, or what the workload takes for its default.
func (r *Run) Arg(key string, otherwise int) int {
	if v, ok := r.args[key]; ok {
		return v
	}
	return otherwise
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

func (r *Run) Start() {
	runtime.GC()
	r.mallocs = mallocs()
	r.begin = time.Now()
}

func (r *Run) Stop() {
	r.end = time.Now()
	r.after = mallocs()
}

// Laps does a quarter of the rounds, and then all of them with the clock running.
func Laps(r *Run, rounds int, lap func(rounds int)) {
	lap(max(1, rounds/4))
	r.Start()
	lap(rounds)
	r.Stop()
}

// Resident is the resident memory of this process in bytes.
func Resident() int64 {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func print(line map[string]any) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func (r *Run) report(name string) {
	line := map[string]any{
		"workload": name, "ops": r.N, "seconds": r.end.Sub(r.begin).Seconds(),
		"allocations": float64(r.after-r.mallocs) / float64(r.N),
	}
	if r.Bytes != 0 {
		line["bytes"] = r.Bytes
	}
	if r.Note != "" {
		line["note"] = r.Note
	}
	if len(r.Times) != 0 {
		slices.Sort(r.Times)
		at := func(share float64) int64 { return r.Times[int(share*float64(len(r.Times)-1))] }
		line["p50"], line["p99"], line["p999"], line["max"] = at(.5), at(.99), at(.999), at(1)
	}
	print(line)
}

// Main runs the workload that the arguments name.
func Main(about map[string]any, skips map[string]string, workloads map[string]Workload) {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "which workload? give its name, then key=value")
		os.Exit(2)
	}
	name := os.Args[1]
	if name == "versions" {
		about["runtime"] = runtime.Version()
		print(about)
		return
	}
	args := map[string]int{}
	for _, arg := range os.Args[2:] {
		key, value, _ := strings.Cut(arg, "=")
		number, err := strconv.Atoi(value)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%q is no key=number\n", arg)
			os.Exit(2)
		}
		args[key] = number
	}
	w, known := workloads[name]
	if !known {
		why, said := skips[name]
		if !said {
			why = "this peer has no such workload"
		}
		print(map[string]any{"workload": name, "skip": why})
		return
	}
	workers, set := args["workers"]
	if !set {
		workers = 2
	}
	runtime.GOMAXPROCS(workers)
	ops := w.Ops
	if n, ok := args["ops"]; ok {
		ops = n
	}
	pass := func(n int) *Run {
		r := &Run{N: n, args: args}
		w.Do(r)
		return r
	}
	if name != "IdleActors" {
		pass(max(1, ops/5))
		pass(max(1, ops/5))
	}
	pass(ops).report(name)
}
