import { describeError } from '@brew/kafka';
import { type DestinationStream, type Logger, pino } from 'pino';

/** A second line of defence: nothing of ours logs these on purpose, but an object that is logged whole may hold them. */
const secrets = [
  'authorization',
  'headers.authorization',
  'password',
  'DATABASE_URL',
  'STAFF_TOKEN',
  'PSP_API_KEY',
  'WEBHOOK_SECRET',
];

/** One JSON object a line, with the service's name, the level in words and the time in UTC. */
export function createLogger(
  { name, level }: { name: string; level: string },
  destination?: DestinationStream,
): Logger {
  return pino(
    {
      level,
      base: { service: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: { paths: secrets.flatMap((path) => [path, `*.${path}`]), censor: '[secret]' },
    },
    destination ?? standardOutput(),
  );
}

/** Lines that wait until they can be written; those that come when there are so many bytes of them are dropped. */
const WAITING_BYTES = 1024 ** 2;

function standardOutput(): DestinationStream {
  // sync: the line that tells why a process ended must not be lost
  const output = pino.destination({ fd: 1, sync: true, maxLength: WAITING_BYTES });
  // A full disk is no reason to end. What could not be written is, with the next line for which there is room.
  output.on('error', () => {});
  return output;
}
