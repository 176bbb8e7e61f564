/** The part of `ws` that the suites use; the package ships no types. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';
  import type { AddressInfo } from 'node:net';

  export class WebSocket extends EventEmitter {
    static readonly OPEN: number;
    readonly readyState: number;
    readonly bufferedAmount: number;
    constructor(url: string, options?: { readonly ca?: string; readonly perMessageDeflate?: boolean });
    send(
      data: string | Buffer,
      options?: { readonly binary?: boolean },
      sent?: (error?: Error) => void,
    ): void;
    ping(data?: string): void;
    close(code?: number, reason?: string): void;
    /** Ends the connection without a word. */
    terminate(): void;
    pause(): void;
    resume(): void;
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: ReadonlySet<WebSocket>;
    constructor(options: {
      readonly host: string;
      readonly port: number;
      readonly maxPayload?: number;
      readonly verifyClient?: (info: { readonly req: IncomingMessage }) => boolean;
    });
    address(): AddressInfo;
    close(closed?: () => void): void;
  }
}
