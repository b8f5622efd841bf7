// The live connection to this PC's node: connects again by itself, a little later each time.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

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
    const socket = new WebSocket(`${scheme}//${location.host}/ws/dashboard`);
    socket.addEventListener("message", (event) => this.#received(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#closed());
  }

  #received(message) {
    if (message.type === "snapshot") {
      this.wait = FIRST_WAIT;
      this.onState(true);
    }
    this.onMessage(message);
  }

  #closed() {
    this.onState(false);
    this.timer = setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }
}
