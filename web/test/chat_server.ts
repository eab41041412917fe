// A real server on a real socket that plays the gateway: what it answers is chosen by the test, cut where it wants.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}
export type Play = (response: ServerResponse, asked: Asked) => void | Promise<void>;

export interface Gateway {
  url: string;
  asked: Asked[];
  /** What is done with a request; the first that fits by method and the beginning of the path. */
  on(method: string, path: string, play: Play): void;
  /** The requests so far of one kind. */
  of(method: string, path: string): Asked[];
  close(): Promise<void>;
}

export async function startGateway(): Promise<Gateway> {
  const asked: Asked[] = [];
  const plays = new Map<string, Play>();
  const find = (method: string, path: string) => [...plays].find(([key]) => `${method} ${path}`.startsWith(key))?.[1];
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(pieces).toString() };
      asked.push(one);
      const play = find(method, url);
      if (play) void play(response, one);
      else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"not found"}}');
    });
  });
  server.keepAliveTimeout = 60_000; // a connection that ends by itself looks like a network that broke
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    on: (method, path, play) => {
      const key = `${method} ${path}`;
      const others = [...plays].filter(([one]) => one !== key);
      plays.clear();
      for (const [one, other] of [[key, play] as const, ...others]) plays.set(one, other);
    },
    of: (method, path) => asked.filter((one) => one.method === method && one.path.startsWith(path)),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
export const piece = (delta: object, more: object = {}): string => event({ choices: [{ index: 0, delta, ...more }] });
export const said = (content: string): string => piece({ content });
export const ended = (finish_reason = 'stop'): string => piece({}, { finish_reason });
export const DONE = 'data: [DONE]\n\n';
export const told = (value: object): string => `: franca ${JSON.stringify(value)}\n\n`;

/** Head and events of a stream; it is left open unless the last piece is given by `end`. */
export function stream(response: ServerResponse, headers: Record<string, string> = {}): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
  response.flushHeaders();
  return response;
}

export const whole =
  (...events: string[]): Play =>
  (response) =>
    void stream(response).end(events.join(''));

export const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Play =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
