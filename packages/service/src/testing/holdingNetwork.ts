import { connect, type Socket } from 'node:net';

/**
 * Holds a process at a moment between two systems, so that it can be killed right there:
 * - offset-commits: nothing that it commits to Kafka ever leaves it;
 * - produce-answers: what it sends arrives, but it never hears so.
 */
export type Moment = 'offset-commits' | 'produce-answers';

/** See https://kafka.apache.org/protocol#protocol_api_keys */
const PRODUCE = 0;
const OFFSET_COMMIT = 8;

/** A network to Kafka for `connect` of a Kafka client. It does what a network does, until hold(). */
export function createHoldingNetwork() {
  let held: Moment | undefined;
  let count = 0;
  return {
    hold(moment: Moment) {
      held = moment;
    },
    /** How many requests were affected so far. */
    get count() {
      return count;
    },
    connect({ host, port }: { host: string; port: number }, onConnect: () => void): Socket {
      const socket = connect({ host, port }, onConnect);
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
      const emit = socket.emit.bind(socket) as (...args: unknown[]) => boolean;
      let deaf = false;
      return Object.assign(socket, {
        // kafkajs writes a request at a time: its length (4 bytes), its api key (2), …
        write(request: Buffer, ...rest: unknown[]) {
          const apiKey = request.readInt16BE(4);
          if (held === 'offset-commits' && apiKey === OFFSET_COMMIT) {
            count += 1;
            return true;
          }
          if (held === 'produce-answers' && apiKey === PRODUCE) {
            count += 1;
            deaf = true;
          }
          return write(request, ...rest);
        },
        emit: (event: unknown, ...args: unknown[]) => (deaf && event === 'data') || emit(event, ...args),
      });
    },
  };
}
