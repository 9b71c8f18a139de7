import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { defaultPorts, type Ports } from '@brew/sandbox';
import { runIn } from './cli.ts';

/** A line of a document's `sh` blocks, without its comment, and the lines of the `text` block that follows, if one does. */
export interface DocumentedCommand {
  command: string;
  shown: string[];
}

/** All commands of a document, in their order. What a block of several shows is of the last one. */
export function commandsOf(markdown: string): DocumentedCommand[] {
  const blocks = [...markdown.matchAll(/^```sh\n(?<sh>.*?)^```\n(\n```text\n(?<text>.*?)^```)?/gms)];
  return blocks.flatMap(({ groups }) => {
    const lines = (groups?.sh ?? '').split('\n').map((line) => line.replace(/ +#.*$/, ''));
    const commands = lines.filter((line) => line !== '');
    const shown = (groups?.text ?? '').split('\n').filter((line) => line !== '');
    return commands.map((command, i) => ({ command, shown: i === commands.length - 1 ? shown : [] }));
  });
}

/** Goes on until it is interrupted, so that is what a reader does. */
export const isEndless = (command: string) => command.startsWith('npx brew watch');

export interface Outcome {
  /** The exit code, or the signal that ended it. */
  ended: number | string;
  /** Both streams, as a terminal shows them. */
  output: string;
}

const brewProgram = join(import.meta.dirname, '../packages/cli/bin/brew.mjs');
let npxIsTried = false;

/** npx takes a second to find what is linked in node_modules. The first of a file's commands goes through it, the others go where it leads. */
function pastNpx(command: string): string {
  if (!command.startsWith('npx brew')) return command;
  if (npxIsTried) return command.replace('npx brew', brewProgram);
  npxIsTried = true;
  return command;
}

/** Runs a command of a document as its reader would, on the Brew in `dir`. */
export async function runCommand(
  command: string,
  { dir, cwd }: { dir: string; cwd: string },
): Promise<Outcome> {
  // Some are for when nothing runs any more.
  const ports = (await runIn(dir).catch(() => undefined))?.ports ?? defaultPorts;
  const child = spawn('sh', ['-c', `exec ${pastNpx(onPorts(command, ports))}`], {
    cwd,
    env: {
      ...process.env,
      NO_COLOR: '1',
      BREW_DIR: dir,
      BREW_PORTS: 'free',
      KAFKA_BROKERS: ports.external.map((port) => `localhost:${port}`).join(),
      PGPORT: String(ports.postgres),
      SCHEMA_REGISTRY_URL: `http://localhost:${ports.registry}/apis/ccompat/v7`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that it can be interrupted as a terminal does it: npx and what it started alike.
    detached: true,
  });
  const interrupt = () => process.kill(-Number(child.pid), 'SIGINT');
  if (isEndless(command)) child.stdout.once('data', interrupt);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const [code, signal] = await once(child, 'close');
  // Interrupted, brew ends with 0, and npx with the signal.
  const ended = isEndless(command) && code === 0 ? 'SIGINT' : (code ?? signal);
  return { ended, output };
}

/** Documents name the default ports; this Brew has others, so that it can run beside another one. */
function onPorts(command: string, ports: Pick<Ports, 'registry' | 'services'>): string {
  const flat = ({ registry, services }: typeof ports) => Object.entries({ ...services, registry });
  const known = flat(defaultPorts);
  const ours = Object.fromEntries(flat(ports));
  return command.replace(/localhost:(\d+)/, (address, port) => {
    const [name] = known.find(([, number]) => number === Number(port)) ?? [];
    return name ? `localhost:${ours[name]}` : address;
  });
}
