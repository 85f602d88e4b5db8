// What the server says outside of the conversation: which profile it serves, and which others it could.

export const PATIENCE_MS = 10_000; // for the first word of a server; one that is busy takes a second
export const SILENT = "The assistant does not answer. Is the server still running?";

export class Server {
  /** @param key of the server, "" where it needs none. */
  constructor(key) {
    this.key = key;
  }

  /** Where the conversation is. */
  get socket() {
    const address = new URL("v1/realtime?model=local", document.baseURI);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    return address;
  }

  /** As routes.py says: {about, profiles: [{name, obstacle}], may_switch, older}. */
  async offer() {
    return (await this.#ask({ signal: AbortSignal.timeout(PATIENCE_MS) })).json();
  }

  /**
   * Has another profile loaded; whoever stops to iterate calls it off.
   * Yields the names of the models that are still being loaded.
   */
  async *change(name) {
    const headers = { "content-type": "application/json" };
    const { body } = await this.#ask({ method: "POST", headers, body: JSON.stringify({ name }) });
    for await (const { loading, error } of lines(body)) {
      if (error) throw new Error(error.message);
      if (loading) yield loading;
    }
  }

  async #ask({ headers = {}, ...options }) {
    const named = this.key ? { authorization: `Bearer ${this.key}` } : {};
    const address = new URL("v1/profiles", document.baseURI);
    const response = await fetch(address, { ...options, headers: { ...headers, ...named } }).catch(() => null);
    if (!response) throw new Error(SILENT);
    if (response.ok) return response;
    const told = await response.json().catch(() => ({}));
    throw new Error(told.error?.message ?? SILENT);
  }
}

/** What a stream of lines of JSON says, line by line. */
async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const whole = (rest + value).split("\n");
      rest = whole.pop();
      yield* whole.map((line) => JSON.parse(line));
    }
  } finally {
    await reader.cancel();
  }
}
