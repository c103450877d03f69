// Two of Node's own WebSockets join the lobby and hear each other. Prints what each heard, as JSON.
const url = process.argv[2] + "?vsn=2.0.0";
const heard = [[], []];

function open(index) {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(url);
        socket.onerror = () => reject(new Error("the connection failed"));
        socket.onopen = () => socket.send(JSON.stringify(["1", "1", "rooms:lobby", "phx_join", {}]));
        socket.onmessage = (event) => {
            const [, ref, , name, payload] = JSON.parse(event.data);
            if (ref === "1") resolve(socket);
            if (name === "new:msg") heard[index].push(payload.body);
            if (heard.every((messages) => messages.length === 2)) {
                sockets.forEach((each) => each.close(1000));
            }
        };
        socket.onclose = (event) => closed.push(event.code) === 2 && console.log(JSON.stringify({ heard, closed }));
    });
}

const closed = [];
const sockets = await Promise.all([open(0), open(1)]);
for (const [index, socket] of sockets.entries()) {
    socket.send(JSON.stringify(["1", "2", "rooms:lobby", "new:msg", { user: "u", body: `from ${index}` }]));
}
