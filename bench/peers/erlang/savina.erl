%% The workloads of Savina as plain processes. An operation is what the size of the workload counts:
%% pings, increments, hops, messages, actors, pings, meetings, items, meals, transactions.
-module(savina).
-export([workload/1]).

workload("PingPong") -> {40000, fun ping_pong/2};
workload("Counting") -> {1000000, fun counting/2};
workload("ThreadRing") -> {100000, fun thread_ring/2};
workload("ForkJoinThroughput") -> {600000, fun fork_join_throughput/2};
workload("ForkJoinCreate") -> {40000, fun fork_join_create/2};
workload("Big") -> {2400000, fun big/2};
workload("Chameneos") -> {200000, fun chameneos/2};
workload("BoundedBuffer") -> {40000, fun bounded_buffer/2};
workload("Philosophers") -> {200000, fun philosophers/2};
workload("BankTransactions") -> {50000, fun bank/2};
workload(_) -> {skip, <<"this peer has no such workload">>}.

%% Measures what the function does, then ends the actors that it gives.
measured(N, Do) ->
    Seconds = workloads:timed(fun() -> put(actors, Do()) end),
    [exit(Pid, kill) || Pid <- get(actors)],
    #{ops => N, seconds => Seconds}.

many(N, Do) -> [spawn(fun() -> Do(I) end) || I <- lists:seq(1, N)].

ping_pong(N, _) ->
    Self = self(),
    measured(N, fun() ->
        Pong = spawn(fun pong/0),
        spawn(fun() -> ping(N, Pong), Self ! done end),
        workloads:gather(1),
        [Pong]
    end).

pong() -> receive {ping, From} -> From ! pong, pong() end.

ping(0, _) -> ok;
ping(N, Pong) ->
    Pong ! {ping, self()},
    receive pong -> ping(N - 1, Pong) end.

counting(N, _) ->
    Self = self(),
    measured(N, fun() ->
        Counter = spawn_opt(fun() -> count(0) end, [{message_queue_data, off_heap}]),
        spawn(fun() ->
            increments(N, Counter),
            Counter ! {get, self()},
            receive {count, N} -> Self ! done end
        end),
        workloads:gather(1),
        [Counter]
    end).

count(N) ->
    receive
        increment -> count(N + 1);
        {get, From} -> From ! {count, N}, count(N)
    end.

increments(0, _) -> ok;
increments(N, To) -> To ! increment, increments(N - 1, To).

thread_ring(N, Args) ->
    Self = self(),
    First = spawn(fun() -> receive {next, Next} -> hop(Next, Self) end end),
    Rest = lists:foldl(
        fun(_, [Next | _] = All) -> [spawn(fun() -> hop(Next, Self) end) | All] end,
        [First], lists:seq(2, maps:get(actors, Args, 100))),
    First ! {next, hd(Rest)},
    measured(N, fun() -> First ! {hops, N}, workloads:gather(1), Rest end).

hop(Next, Owner) ->
    receive
        {hops, 0} -> Owner ! done, hop(Next, Owner);
        {hops, N} -> Next ! {hops, N - 1}, hop(Next, Owner)
    end.

fork_join_throughput(N, Args) ->
    Actors = maps:get(actors, Args, 60),
    Each = N div Actors,
    Self = self(),
    Pids = many(Actors, fun(_) -> workloads:counter(Each, Self) end),
    measured(Each * Actors, fun() ->
        [Pid ! {message, M} || M <- lists:seq(1, Each), Pid <- Pids],
        workloads:gather(Actors),
        []
    end).

fork_join_create(N, _) ->
    Self = self(),
    measured(N, fun() ->
        [spawn(fun() -> workloads:counter(1, Self) end) ! {message, I} || I <- lists:seq(1, N)],
        workloads:gather(N),
        []
    end).

big(N, Args) ->
    Actors = maps:get(actors, Args, 120),
    Each = N div Actors,
    Self = self(),
    measured(Each * Actors, fun() ->
        Pids = many(Actors, fun(_) ->
            receive {all, All} -> someone(All) ! {ping, self()}, big(Each, All, Self) end
        end),
        [Pid ! {all, list_to_tuple(Pids)} || Pid <- Pids],
        workloads:gather(Actors),
        Pids
    end).

big(Left, All, Owner) ->
    receive
        {ping, From} -> From ! pong, big(Left, All, Owner);
        pong when Left =:= 1 -> Owner ! done, big(0, All, Owner);
        pong -> someone(All) ! {ping, self()}, big(Left - 1, All, Owner)
    end.

someone(All) -> element(rand:uniform(tuple_size(All)), All).

chameneos(N, Args) ->
    Self = self(),
    measured(N, fun() ->
        Mall = spawn(fun() -> mall(N), Self ! done end),
        Pids = many(maps:get(actors, Args, 100), fun(I) -> chameneo(I rem 3, Mall) end),
        workloads:gather(1),
        Pids
    end).

mall(0) -> ok;
mall(N) ->
    receive {meet, A, ColorA} ->
        receive {meet, B, ColorB} ->
            A ! {met, ColorB},
            B ! {met, ColorA},
            mall(N - 1)
        end
    end.

chameneo(Color, Mall) ->
    Mall ! {meet, self(), Color},
    receive
        {met, Color} -> chameneo(Color, Mall);
        {met, Other} -> chameneo(3 - Color - Other, Mall)
    end.

%% The manager asks producers for items while there is room, and gives each to the consumer that
%% waits longest.
bounded_buffer(N, Args) ->
    Producers = maps:get(producers, Args, 40),
    Each = N div Producers,
    Room = maps:get(buffer, Args, 50) - Producers,
    Self = self(),
    measured(Each * Producers, fun() ->
        Empty = queue:new(),
        Manager = spawn(fun() ->
            manage(Each * Producers, Empty, Empty, Empty, Room),
            Self ! done
        end),
        Pids = many(Producers, fun(_) -> produce(Each, Manager) end)
            ++ many(maps:get(consumers, Args, 40), fun(_) -> consume(Manager) end),
        workloads:gather(1),
        Pids
    end).

produce(0, _) -> ok;
produce(N, Manager) ->
    Manager ! {item, self(), N},
    receive more -> produce(N - 1, Manager) end.

consume(Manager) ->
    Manager ! {free, self()},
    receive {item, _} -> consume(Manager) end.

manage(0, _, _, _, _) -> ok;
manage(Left, Buffer, Asking, Free, Room) ->
    receive
        {item, From, Item} ->
            case queue:out(Free) of
                {{value, Consumer}, Others} ->
                    Consumer ! {item, Item},
                    From ! more,
                    manage(Left - 1, Buffer, Asking, Others, Room);
                {empty, _} ->
                    Fuller = queue:in(Item, Buffer),
                    case queue:len(Fuller) < Room of
                        true -> From ! more, manage(Left, Fuller, Asking, Free, Room);
                        false -> manage(Left, Fuller, queue:in(From, Asking), Free, Room)
                    end
            end;
        {free, Consumer} ->
            case queue:out(Buffer) of
                {{value, Item}, Rest} ->
                    Consumer ! {item, Item},
                    manage(Left - 1, Rest, ask(Asking), Free, Room);
                {empty, _} -> manage(Left, Buffer, Asking, queue:in(Consumer, Free), Room)
            end
    end.

ask(Asking) ->
    case queue:out(Asking) of
        {{value, Producer}, Others} -> Producer ! more, Others;
        {empty, _} -> Asking
    end.

%% One arbitrator owns the forks, a bit each. Who is refused asks again, as in Savina.
philosophers(N, Args) ->
    Count = maps:get(actors, Args, 20),
    Each = N div Count,
    Self = self(),
    measured(Each * Count, fun() ->
        Arbitrator = spawn(fun() -> arbitrate(0) end),
        many(Count, fun(I) ->
            philosopher(Each, Arbitrator, (1 bsl (I - 1)) bor (1 bsl (I rem Count))),
            Self ! done
        end),
        workloads:gather(Count),
        [Arbitrator]
    end).

arbitrate(Taken) ->
    receive
        {hungry, From, Forks} when Taken band Forks =:= 0 -> From ! eat, arbitrate(Taken bor Forks);
        {hungry, From, _} -> From ! denied, arbitrate(Taken);
        {eaten, Forks} -> arbitrate(Taken bxor Forks)
    end.

philosopher(0, _, _) -> ok;
philosopher(N, Arbitrator, Forks) ->
    Arbitrator ! {hungry, self(), Forks},
    receive
        eat -> Arbitrator ! {eaten, Forks}, philosopher(N - 1, Arbitrator, Forks);
        denied -> philosopher(N, Arbitrator, Forks)
    end.

%% Money goes to accounts with a higher number only, as in Savina, so that calls close no circle.
bank(N, Args) ->
    Count = maps:get(accounts, Args, 1000),
    Self = self(),
    Pids = many(Count, fun(_) -> account(0, Self) end),
    All = list_to_tuple(Pids),
    measured(N, fun() ->
        [transfer(All, Count) || _ <- lists:seq(1, N)],
        workloads:gather(N),
        Pids
    end).

transfer(All, Count) ->
    From = rand:uniform(Count div 10 * 8),
    To = From + rand:uniform(Count - From),
    element(From, All) ! {credit, 1, element(To, All)}.

account(Balance, Teller) ->
    receive
        {credit, Amount, To} ->
            Ref = make_ref(),
            To ! {debit, Amount, self(), Ref},
            receive {Ref, ok} -> Teller ! done end,
            account(Balance - Amount, Teller);
        {debit, Amount, From, Ref} ->
            From ! {Ref, ok},
            account(Balance + Amount, Teller)
    end.
