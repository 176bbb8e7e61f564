/**
 * A process of its own with very many connections, each of which sends a request at a steady pace.
 *
 * Answers are read to the byte and name the request that they belong to: one that goes to the wrong connection is an
 * error like one that does not come. The source addresses are spread over 127.0.0.0/8, so that no limit per client is
 * met that would not be met by as many clients.
 */
import { connect, type Socket } from 'node:net';

/** What the parent asks for. */
export interface ConnectionsTask {
  readonly port: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Requests of each connection behind its first, which it sends at once. */
  readonly requests: number;
  readonly intervalMs: number;
}

/** What became of it. The connections stay open until the parent ends the process. */
export interface ConnectionsReport {
  readonly answered: number;
  /** What went wrong, at most ten of them in words. */
  readonly errors: number;
  readonly firstErrors: readonly string[];
  readonly openAtEnd: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const connectingMax = 128;
const errorsShownMax = 10;

class Client {
  readonly #task: ConnectionsTask;
  readonly #latenciesMs: number[] = [];
  readonly #firstErrors: string[] = [];
  #errors = 0;
  #open = 0;

  constructor(task: ConnectionsTask) {
    this.#task = task;
  }

  async run(): Promise<ConnectionsReport> {
    const { connections, requests, intervalMs } = this.#task;
    let next = 0;
    const members: Member[] = [];
    const lane = async (): Promise<void> => {
      for (let i = next++; i < connections; i = next++) members[i] = await this.#openOne(i);
    };
    await Promise.all(Array.from({ length: connectingMax }, lane));
    // Evenly over the interval, each connection at its own moment of it.
    const startMs = performance.now();
    const all = members.map(async (member, i) => {
      for (let n = 1; n <= requests; n += 1) {
        const dueMs = startMs + (n - 1) * intervalMs + (i * intervalMs) / connections;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
        await this.#exchange(member, n);
      }
    });
    await Promise.all(all);
    const sorted = Float64Array.from(this.#latenciesMs).sort();
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      answered: sorted.length,
      errors: this.#errors,
      firstErrors: this.#firstErrors,
      openAtEnd: this.#open,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
    };
  }

  async #openOne(i: number): Promise<Member> {
    const { port, connectionsPerAddress } = this.#task;
    const address = 2 + Math.floor(i / connectionsPerAddress);
    const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${address}` });
    const member: Member = { socket, name: `c${i}`, text: '', onText: null };
    this.#open += 1;
    socket.on('data', (bytes: Buffer) => {
      member.text += bytes.toString('latin1');
      member.onText?.();
    });
    socket.on('error', (error) => this.#fail(`${member.name}: ${error.message}`));
    socket.on('close', () => {
      this.#open -= 1;
      this.#fail(`${member.name}: closed`);
      member.onText?.();
    });
    await this.#exchange(member, 0);
    return member;
  }

  /** Sends one request and waits for its whole answer. */
  async #exchange(member: Member, n: number): Promise<void> {
    const { socket } = member;
    if (socket.destroyed) {
      this.#fail(`${member.name}: no connection for request ${n}`);
      return;
    }
    const path = `/${member.name}/${n}`;
    const startedAtMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    member.text = '';
    member.onText = () => {
      if (socket.destroyed || member.text.endsWith(`\r\n\r\nhello ${path}!`)) resolve();
    };
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\nUser-Agent: many/1\r\n\r\n`);
    await promise;
    member.onText = null;
    if (!socket.destroyed && !member.text.startsWith('HTTP/1.1 200 ')) this.#fail(`${path}: ${member.text}`);
    this.#latenciesMs.push(performance.now() - startedAtMs);
  }

  #fail(message: string): void {
    this.#errors += 1;
    if (this.#firstErrors.length < errorsShownMax) this.#firstErrors.push(message);
  }
}

interface Member {
  readonly socket: Socket;
  readonly name: string;
  text: string;
  onText: (() => void) | null;
}

process.once('message', (task: ConnectionsTask) => {
  void new Client(task).run().then((report) => process.send?.(report));
});
