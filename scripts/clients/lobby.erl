%% Phoenix V1's lobby on Cowboy, as far as the published session goes: a join and a heartbeat are answered ok.
-module(lobby).
-export([start/1, serve/0, init/2, websocket_init/1, websocket_handle/2, websocket_info/2]).

%% Listens on a free port of 127.0.0.1, says which, and serves until standard input ends.
start([Cases]) ->
    listen({127, 0, 0, 1}, 0, Cases),
    io:format("listening on ~p~n", [ranch:get_port(lobby)]),
    _ = io:get_line(""),
    halt(0).

%% Listens on $PORT of every address, and serves until it is ended.
serve() ->
    listen({0, 0, 0, 0}, list_to_integer(os:getenv("PORT")), infinity),
    receive stop -> ok end.

listen(Address, Port, Most) ->
    {ok, _} = application:ensure_all_started(cowboy),
    Routes = cowboy_router:compile([{'_', [{"/socket/websocket", ?MODULE, []}]}]),
    {ok, _} = cowboy:start_clear(lobby, #{socket_opts => [{ip, Address}, {port, Port}, {backlog, 4096}], max_connections => Most},
                                 #{env => #{dispatch => Routes}}).

init(Request, State) -> {cowboy_websocket, Request, State, #{idle_timeout => infinity}}.

websocket_init(State) -> {[], State}.

websocket_handle({Kind, Message}, State) when Kind =:= text; Kind =:= binary ->
    case {field(Message, "topic"), field(Message, "event")} of
        {<<"rooms:lobby">> = Topic, <<"phx_join">>} -> {[answer(Topic, field(Message, "ref"))], State};
        {<<"phoenix">> = Topic, <<"heartbeat">>} -> {[answer(Topic, field(Message, "ref"))], State};
        _ -> {[{close, 1011, <<"not understood">>}], State}
    end;
websocket_handle(_, State) -> {[], State}.

websocket_info(_, State) -> {[], State}.

answer(Topic, Ref) ->
    {text, [<<"{\"topic\":\"">>, Topic, <<"\",\"ref\":\"">>, Ref,
            <<"\",\"payload\":{\"status\":\"ok\",\"response\":{}},\"event\":\"phx_reply\"}">>]}.

%% A field whose value is a plain string, which those of the session are.
field(Message, Name) ->
    case re:run(Message, ["\"", Name, "\":\"([^\"]*)\""], [{capture, all_but_first, binary}]) of
        {match, [Value]} -> Value;
        nomatch -> <<>>
    end.
