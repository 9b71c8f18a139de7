import { createServer, connect as openSocket, type Server, Socket } from 'node:net';
import type { KafkaClientOptions } from '../client.ts';

/** A network between a client and real brokers that can be made to fail. For what connects by kafkajs. */
export interface Network extends AsyncDisposable {
  /** For createKafkaClient. */
  connect: NonNullable<KafkaClientOptions['connect']>;
  /**
   * Whether the answer to a request is lost, and the connection with it, after the broker has done what was asked.
   * @param apiKey what was asked: 0 is Produce, see https://kafka.apache.org/protocol#protocol_api_keys
   */
  losesAnswer: (apiKey: number) => boolean;
  /** How many answers were lost so far. */
  readonly lost: number;
  /** Cuts all connections and refuses new ones until restore(). */
  cut(): void;
  /** As if all packets were dropped, until restore(): connections stay, new ones can be made, and nobody answers. */
  hold(): void;
  restore(): void;
  /** The same for new connections alone: those that were held stay so for ever. */
  forget(): void;
  stop(): Promise<void>;
}

const PRODUCE = 0;
export const isProduce = (apiKey: number): boolean => apiKey === PRODUCE;

/** Puts a TCP proxy in front of each broker that is connected to, whatever address the brokers advertise. */
export function createNetwork(): Network {
  const proxies = new Map<string, Promise<Server>>();
  const sockets = new Set<Socket>();
  let down = false;
  let held = false;
  let lost = 0;

  function relay(near: Socket, host: string, port: number): void {
    if (down) {
      near.destroy();
      return;
    }
    const far = openSocket({ host, port });
    const asked = new Map<number, number>();
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    // A request: length, api key (2 bytes), version (2), correlation id (4). An answer: length, correlation id.
    near.on(
      'data',
      frames((frame) => {
        asked.set(frame.readInt32BE(8), frame.readInt16BE(4));
        far.write(frame);
      }),
    );
    if (held) near.pause();
    far.on(
      'data',
      frames((frame) => {
        const apiKey = asked.get(frame.readInt32BE(4)) ?? -1;
        if (network.losesAnswer(apiKey)) {
          lost++;
          end();
        } else near.write(frame);
      }),
    );
  }

  function proxyOf(host: string, port: number): Promise<Server> {
    const address = `${host}:${port}`;
    const proxy =
      proxies.get(address) ??
      new Promise<Server>((resolve) => {
        const server = createServer((near) => relay(near, host, port));
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    proxies.set(address, proxy);
    return proxy;
  }

  const network: Network = {
    losesAnswer: () => false,
    get lost() {
      return lost;
    },
    connect({ host, port }, onConnect) {
      const socket = new Socket();
      proxyOf(host, port).then((server) => {
        const address = server.address();
        if (address && typeof address === 'object') socket.connect(address.port, '127.0.0.1', onConnect);
      });
      return socket;
    },
    cut() {
      down = true;
      for (const socket of sockets) socket.destroy();
    },
    hold() {
      held = true;
      for (const socket of sockets) socket.pause();
    },
    restore() {
      down = false;
      held = false;
      for (const socket of sockets) socket.resume();
    },
    forget() {
      held = false;
    },
    async stop() {
      network.cut();
      for (const proxy of proxies.values()) (await proxy).close();
    },
    [Symbol.asyncDispose]: () => network.stop(),
  };
  return network;
}

/** Cuts a stream of bytes into Kafka's frames: four bytes of length, then that many. */
function frames(onFrame: (frame: Buffer) => void): (bytes: Buffer) => void {
  let buffered = Buffer.alloc(0);
  return (bytes) => {
    buffered = Buffer.concat([buffered, bytes]);
    while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
      const length = 4 + buffered.readInt32BE(0);
      onFrame(buffered.subarray(0, length));
      buffered = buffered.subarray(length);
    }
  };
}
