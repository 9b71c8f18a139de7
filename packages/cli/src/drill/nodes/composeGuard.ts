import { type KafkaMode, serveControl } from '@brew/sandbox';
import { composeOf } from './compose.ts';

// A process of its own, which outlives a drill on containers for as long as it takes to start what that has ended: Docker leaves down
// what was killed by hand. Whoever comes while a drill is there is told that another one is under way.

/** A node may take that long to end in order; then Docker kills it. */
const STOP_SECONDS = '30';

const [dir = '', kafka = '', docker = '', ...nodes] = process.argv.slice(2);
const compose = composeOf(kafka as KafkaMode, docker);
const running = new Set(nodes);

async function end(name: string): Promise<void> {
  running.delete(name); // before: it may be gone although docker's answer is an error
  await compose('stop', '--timeout', STOP_SECONDS, name);
}
const control = await serveControl(dir, {
  isRunning: (name) => running.has(name),
  async kill(name, signal) {
    if (signal !== 'SIGKILL') return end(name);
    running.delete(name);
    await compose('kill', '--signal', signal, name);
  },
  end,
  chooseLibrary(name) {
    throw new Error(`${name} has no Kafka client to choose.`);
  },
  requireRoom: async () => {},
  fates: () => ({}),
  async again(name) {
    await compose('start', name);
    running.add(name);
  },
}).catch(() => process.exit(1)); // another one listens, and answers
process.stdout.write('listening\n');

// Nothing else keeps it alive than the drill, which has the other end of this, and what is still to be started.
process.stdin.resume();
process.once('beforeExit', () => void control.close());
