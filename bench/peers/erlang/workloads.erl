%% Erlang: processes, gen_server for calls, supervisor and gen_event of OTP.
%%
%% A workload is a function of the number of operations and the other arguments. It builds what it
%% needs, takes the time of the measured part with timed/1, and gives a map with ops, seconds and
%% perhaps more. It is run three times, each in a new process: twice to warm up, with fewer
%% operations, then for the figures.
-module(workloads).
-export([main/0, timed/1, gather/1, counter/2, member/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_event/2, child/1, again/3]).

main() ->
    [Name | Rest] = init:get_plain_arguments(),
    Args = maps:from_list([pair(A) || A <- Rest]),
    io:format("~ts~n", [json(answer(Name, Args))]),
    halt(0, [{flush, true}]).

pair(Text) ->
    [Key, Value] = string:split(Text, "="),
    {list_to_atom(Key), list_to_integer(Value)}.

answer("versions", _) ->
    #{name => <<"erlang">>,
      version => list_to_binary("OTP " ++ erlang:system_info(otp_release)),
      runtime => list_to_binary("erts " ++ erlang:system_info(version) ++ ", "
                                ++ atom_to_list(erlang:system_info(emu_flavor))),
      config => <<"+S workers:workers, +P 2000000, long queues off heap">>};
answer(Name, Args) ->
    case workload(Name) of
        {skip, Why} -> #{workload => list_to_binary(Name), skip => Why};
        {Ops0, Do} ->
            Ops = maps:get(ops, Args, Ops0),
            [apart(Do, max(1, Ops div 5), Args) || Name =/= "IdleActors", _ <- [1, 2]],
            (apart(Do, Ops, Args))#{workload => list_to_binary(Name)}
    end.

apart(Do, Ops, Args) ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Self ! {result, Do(Ops, Args)} end),
    receive
        {result, R} -> demonitor(Ref, [flush]), R;
        {'DOWN', Ref, process, Pid, Why} -> error({workload_failed, Why})
    end.

json(Map) ->
    Field = fun({K, V}) -> io_lib:format("\"~s\": ~ts", [K, value(V)]) end,
    ["{", lists:join(", ", [Field(F) || F <- maps:to_list(Map)]), "}"].

value(V) when is_integer(V) -> integer_to_list(V);
value(V) when is_float(V) -> io_lib:format("~.9f", [V]);
value(V) -> ["\"", V, "\""].

timed(Do) ->
    Begin = erlang:monotonic_time(nanosecond),
    Do(),
    (erlang:monotonic_time(nanosecond) - Begin) / 1.0e9.

done(Ops, Seconds) -> #{ops => Ops, seconds => Seconds}.

latency(Times, Seconds) ->
    Sorted = lists:sort(Times),
    N = length(Sorted),
    At = fun(Share) -> lists:nth(1 + trunc(Share * (N - 1)), Sorted) end,
    #{ops => N, seconds => Seconds,
      p50 => At(0.5), p99 => At(0.99), p999 => At(0.999), max => At(1.0)}.

%% Waits for n processes to say done.
gather(0) -> ok;
gather(N) -> receive done -> gather(N - 1) end.

%% An actor that ends after n messages, and says so.
counter(0, Owner) -> Owner ! done;
counter(N, Owner) -> receive {message, _} -> counter(N - 1, Owner) end.

%% The same without a message for each of them: the last who hits the latch says done.
latch(N) -> expect(N, {atomics:new(1, []), self()}).

expect(N, {Left, _} = Latch) -> atomics:put(Left, 1, N), Latch.

hit({Left, Owner}) -> atomics:sub_get(Left, 1, 1) =:= 0 andalso (Owner ! done).

flooded(N) ->
    Owner = self(),
    spawn_opt(fun() -> counter(N, Owner) end, [{message_queue_data, off_heap}]).

%% Callbacks of gen_server, gen_event and supervisor, told apart by what they are given.
init({supervisor, Flags, Children}) -> {ok, {Flags, Children}};
init(State) -> {ok, State}.

handle_call({write, V}, _, _) -> {reply, ok, V};
handle_call(N, _, State) -> {reply, N + 1, State}.
handle_cast(_, State) -> {noreply, State}.
handle_event(N, Sum) -> {ok, Sum + N}.

workload("CastInbox_TryCast") -> {2000000, fun cast/2};
workload("CastInbox_SingleWorker") -> {2000000, fun cast/2};
workload("CastInbox_Parallel") ->
    {2000000, fun(N, A) -> cast(N, maps:merge(#{senders => 8}, A)) end};
workload("ScaleSenders") -> {2000000, fun cast/2};
workload("CallInbox_SingleWorker") ->
    {500000, fun(N, A) -> call(N, maps:get(callers, A, 1), false) end};
workload("CallInbox_Contention") ->
    {500000, fun(N, A) -> call(N, maps:get(callers, A, 8), false) end};
workload("CallLatency") ->
    {200000, fun(N, A) -> call(N, maps:get(callers, A, 4), true) end};
workload("Supervisor_SpawnAndExit") -> {200000, fun(N, _) -> spawn_and_exit(N, 1) end};
workload("Supervisor_ParallelSpawn") ->
    {200000, fun(N, A) -> spawn_and_exit(N, maps:get(senders, A, 8)) end};
workload("Supervisor_RestartCycle") -> {100000, fun restart_cycle/2};
workload("Router_Next_RoundRobin") -> {5000000, fun(N, _) -> router(N, 1, fun in_turn/3) end};
workload("Router_Next_Random") -> {5000000, fun(N, _) -> router(N, 1, fun at_random/3) end};
workload("Router_Next_Parallel") ->
    {5000000, fun(N, _) -> router(N, erlang:system_info(schedulers), fun in_turn/3) end};
workload("Outbox_Emit") ->
    {100000, fun(N, A) -> emit(N, A, 1, fun gen_event:sync_notify/2) end};
workload("Outbox_EmitFireAndForget") ->
    {500000, fun(N, A) -> emit(N, A, 1, fun gen_event:notify/2) end};
workload("Outbox_Subscribe") -> {100000, fun subscribe/2};
workload("PushedSignal_Write") -> {500000, fun write/2};
workload("Broadcaster_Notify") -> {100000, fun notify/2};
workload("PeriodicSignal_Update") -> {skip, <<"timers count milliseconds">>};
workload("IdleActors") -> {1000000, fun idle_actors/2};
workload("ScaleActors") -> {1000000, fun scale_actors/2};
workload("WakeLatency") -> {2000, fun wake_latency/2};
workload("TimerLatency") -> {1000, fun timer_latency/2};
workload(Name) -> savina:workload(Name).

%% Mailboxes have no limit, so a send never waits; one that tries is the same.
cast(N, Args) ->
    Senders = maps:get(senders, Args, 1),
    Each = N div Senders,
    Receiver = flooded(Each * Senders),
    Seconds = timed(fun() ->
        [spawn(fun() -> send(Each, Receiver) end) || _ <- lists:seq(1, Senders)],
        gather(1)
    end),
    (done(Each * Senders, Seconds))#{note => <<"the mailbox has no limit">>}.

send(0, _) -> ok;
send(N, To) -> To ! {message, N}, send(N - 1, To).

call(N, Callers, Latency) ->
    Each = N div Callers,
    {ok, Server} = gen_server:start(?MODULE, 0, []),
    Self = self(),
    Caller = fun() ->
        Times = case Latency of
            true -> [call_time(Server) || _ <- lists:seq(1, Each)];
            false -> calls(Each, Server), []
        end,
        Self ! {times, Times}
    end,
    Begin = erlang:monotonic_time(nanosecond),
    [spawn(Caller) || _ <- lists:seq(1, Callers)],
    All = [receive {times, T} -> T end || _ <- lists:seq(1, Callers)],
    Seconds = (erlang:monotonic_time(nanosecond) - Begin) / 1.0e9,
    gen_server:stop(Server),
    case Latency of
        true -> latency(lists:append(All), Seconds);
        false -> (done(Each * Callers, Seconds))#{note => <<"gen_server:call">>}
    end.

calls(0, _) -> ok;
calls(N, Server) -> gen_server:call(Server, N), calls(N - 1, Server).

call_time(Server) ->
    Begin = erlang:monotonic_time(nanosecond),
    gen_server:call(Server, 1),
    erlang:monotonic_time(nanosecond) - Begin.

supervisor(Flags, Children) ->
    {ok, Pid} = supervisor:start_link(?MODULE, {supervisor, Flags, Children}),
    Pid.

stop_supervisor(Pid) ->
    unlink(Pid),
    gen_server:stop(Pid).

child(Do) -> {ok, spawn_link(Do)}.

spawn_and_exit(N, Spawners) ->
    Spec = #{id => child, start => {?MODULE, child, []}, restart => temporary},
    Supervisor = supervisor(#{strategy => simple_one_for_one}, [Spec]),
    Self = self(),
    Each = N div Spawners,
    Seconds = timed(fun() ->
        Spawner = fun() -> children(Each, Supervisor), Self ! done end,
        [spawn_link(Spawner) || _ <- lists:seq(1, Spawners)],
        gather(Spawners),
        supervisor:count_children(Supervisor)
    end),
    stop_supervisor(Supervisor),
    done(Each * Spawners, Seconds).

children(0, _) -> ok;
children(N, Supervisor) ->
    {ok, Pid} = supervisor:start_child(Supervisor, [fun() -> ok end]),
    Ref = monitor(process, Pid),
    receive {'DOWN', Ref, _, _, _} -> ok end,
    children(N - 1, Supervisor).

%% A supervisor looks through all restarts of its last period at each restart. So that this list
%% does not become what is measured, each supervisor does a hundred, its own start and end included.
restart_cycle(N, _) ->
    Rounds = max(1, N div 100),
    Seconds = timed(fun() -> [hundred_restarts() || _ <- lists:seq(1, Rounds)] end),
    (done(100 * Rounds, Seconds))#{note => <<"a new supervisor for every hundred restarts">>}.

hundred_restarts() ->
    Start = {?MODULE, again, [atomics:new(1, []), 100, self()]},
    Pid = supervisor(#{intensity => 200, period => 1},
                     [#{id => child, start => Start, restart => permanent}]),
    gather(1),
    stop_supervisor(Pid).

again(Runs, N, Owner) ->
    {ok, spawn_link(fun() ->
        case atomics:add_get(Runs, 1, 1) of
            Run when Run > N -> Owner ! done, receive never -> ok end;
            _ -> exit(failed)
        end
    end)}.

router(N, Threads, Pick) ->
    Routees = list_to_tuple([self() || _ <- lists:seq(1, 8)]),
    Next = atomics:new(1, []),
    Self = self(),
    Each = N div Threads,
    Seconds = timed(fun() ->
        [spawn(fun() -> Pick(Each, Routees, Next), Self ! done end) || _ <- lists:seq(1, Threads)],
        gather(Threads)
    end),
    (done(Each * Threads, Seconds))#{note => <<"a tuple of pids and an atomics counter, or rand">>}.

in_turn(0, _, _) -> ok;
in_turn(N, Routees, Next) ->
    _ = element(1 + atomics:add_get(Next, 1, 1) rem 8, Routees),
    in_turn(N - 1, Routees, Next).

at_random(0, _, _) -> ok;
at_random(N, Routees, Next) ->
    _ = element(rand:uniform(8), Routees),
    at_random(N - 1, Routees, Next).

emit(N, Args, Subscribers0, Tell) ->
    Subscribers = maps:get(subscribers, Args, Subscribers0),
    {ok, Manager} = gen_event:start(),
    [ok = gen_event:add_handler(Manager, {?MODULE, I}, 0) || I <- lists:seq(1, Subscribers)],
    Seconds = timed(fun() ->
        tell(N, Manager, Tell),
        gen_event:which_handlers(Manager)  % answered when all have been handled
    end),
    gen_event:stop(Manager),
    (done(N, Seconds))#{note => <<"gen_event: its process runs the handlers">>}.

tell(0, _, _) -> ok;
tell(N, Manager, Tell) -> Tell(Manager, 1), tell(N - 1, Manager, Tell).

subscribe(N, _) ->
    {ok, Manager} = gen_event:start(),
    Seconds = timed(fun() ->
        [ok = gen_event:add_handler(Manager, {?MODULE, I}, 0) || I <- lists:seq(1, N)]
    end),
    gen_event:stop(Manager),
    (done(N, Seconds))#{note => <<"gen_event:add_handler">>}.

write(N, _) ->
    {ok, Server} = gen_server:start(?MODULE, 0, []),
    Seconds = timed(fun() -> write_all(N, Server) end),
    gen_server:stop(Server),
    (done(N, Seconds))#{note => <<"a gen_server that keeps the value, written by a call">>}.

notify(N, Args) ->
    Subscribers = maps:get(subscribers, Args, 1),
    Pids = [flooded(N) || _ <- lists:seq(1, Subscribers)],
    Seconds = timed(fun() -> in_rounds(N, Pids), gather(Subscribers) end),
    (done(N, Seconds))#{note => <<"a message to each subscriber, every one of them received">>}.

write_all(0, _) -> ok;
write_all(N, Server) -> gen_server:call(Server, {write, N}), write_all(N - 1, Server).

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:lexemes(Text, " "),
    binary_to_integer(Pages) * 4096.

idle_actors(N0, Args) ->
    N = maps:get(actors, Args, N0),
    Latch = latch(N),
    {Actor, Note} = case maps:get(hibernate, Args, 1) of
        0 -> {fun() -> hit(Latch), member(Latch) end, <<"they wait in receive">>};
        _ -> {fun() -> hit(Latch), erlang:hibernate(?MODULE, member, [Latch]) end,
              <<"they hibernate, which is in the time and makes a start faster">>}
    end,
    Before = resident(),
    Seconds = timed(fun() -> spawn_all(N, Actor), gather(1) end),
    timer:sleep(100),  % all hibernate
    #{ops => N, seconds => Seconds, bytes => (resident() - Before) div N,
      note => <<"the mailbox has no limit; ", Note/binary>>}.

spawn_all(0, _) -> ok;
spawn_all(N, Actor) -> spawn(Actor), spawn_all(N - 1, Actor).

scale_actors(N, Args) ->
    Actors = maps:get(actors, Args, 1000),
    Rounds = max(1, N div Actors),
    Latch = latch(Actors),
    Pids = [spawn(fun() -> hit(Latch), member(Latch) end) || _ <- lists:seq(1, Actors)],
    gather(1),
    Lap = fun(Many) ->
        expect(Actors, Latch),
        timed(fun() -> in_rounds(Many, Pids), gather(1) end)
    end,
    Lap(max(1, Rounds div 4)),
    Seconds = Lap(Rounds),
    expect(Actors, Latch),
    [Pid ! {message, 0} || Pid <- Pids],
    gather(1),
    done(Rounds * Actors, Seconds).

%% Message 1 is the last of a lap, 0 ends it; with either it hits the latch.
member(Latch) ->
    receive
        {message, 0} -> hit(Latch);
        {message, 1} -> hit(Latch), member(Latch);
        {message, _} -> member(Latch)
    end.

in_rounds(0, _) -> ok;
in_rounds(N, Pids) ->
    [Pid ! {message, N} || Pid <- Pids],
    in_rounds(N - 1, Pids).

%% Sender and receiver are on schedulers of their own where there are two.
wake_latency(N, _) ->
    Self = self(),
    Last = erlang:system_info(schedulers),
    Receiver = spawn_opt(fun woken/0, [{scheduler, Last}]),
    spawn_opt(fun() ->
        Begin = erlang:monotonic_time(nanosecond),
        Times = [wake(Receiver) || _ <- lists:seq(1, N)],
        Self ! {times, Times, (erlang:monotonic_time(nanosecond) - Begin) / 1.0e9}
    end, [{scheduler, 1}]),
    {T, Seconds} = receive {times, Ts, S} -> {Ts, S} end,
    Where = case Last of
        1 -> <<"one scheduler">>;
        _ -> <<"sender and receiver on two schedulers">>
    end,
    (latency(T, Seconds))#{note => Where}.

woken() ->
    receive {From, Sent} -> From ! {after_ns, erlang:monotonic_time(nanosecond) - Sent} end,
    woken().

wake(Receiver) ->
    timer:sleep(2),
    Receiver ! {self(), erlang:monotonic_time(nanosecond)},
    receive {after_ns, T} -> T end.

timer_latency(N, _) ->
    Begin = erlang:monotonic_time(nanosecond),
    Times = [late() || _ <- lists:seq(1, N)],
    Seconds = (erlang:monotonic_time(nanosecond) - Begin) / 1.0e9,
    (latency(Times, Seconds))#{note => <<"timers count milliseconds, and never fire early">>}.

late() ->
    Due = erlang:monotonic_time(nanosecond) + 1000000,
    erlang:send_after(1, self(), due),
    receive due -> erlang:monotonic_time(nanosecond) - Due end.
