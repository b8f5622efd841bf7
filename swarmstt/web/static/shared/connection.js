// The live connection to this PC's node: connects again by itself, a little later each time. The page is dim meanwhile.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const LONGEST_SILENCE = 12000; // the node sends something every four seconds, even if nothing changes

export class Connection {
  constructor({ onMessage, onState }) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.wait = FIRST_WAIT;
    this.timer = null;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.timer !== null) this.connect();
    });
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/ws/dashboard`);
    const { socket } = this;
    socket.addEventListener("message", (event) => socket === this.socket && this.#received(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost(socket));
    this.#listen(socket);
  }

  #received(message) {
    this.#listen(this.socket);
    if (message.type === "snapshot") {
      this.wait = FIRST_WAIT;
      this.#show(true);
    }
    this.onMessage(message);
  }

  #show(connected) {
    document.body.classList.toggle("away", !connected);
    this.onState(connected);
  }

  // A node that hangs keeps its connections open: what is silent for long is lost too.
  #listen(socket) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#lost(socket), LONGEST_SILENCE);
  }

  #lost(socket) {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    socket.close();
    this.#show(false);
    this.timer = setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }
}
