import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ensureService } from '@brew/provision';
import { defaultCacheDir, isFree, type Ports, serviceSpec, superuserUrl } from '@brew/sandbox';
import { pino } from 'pino';
import { addressesOf } from '../addresses.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { prettifier } from '../logs/prettifier.ts';
import { onSignals } from '../signals.ts';
import { devService } from './devService.ts';

const endWithParent = import.meta.resolve('./endWithParent.ts');

/**
 * Runs one instance of a service of this checkout beside the system that runs, makes what that lacks for it, and shows its log
 * until a signal ends it; a second signal ends it at once.
 *
 * @returns the exit code
 */
export async function dev(name: string, ports: Ports, io: Io): Promise<number> {
  const service = devService(name);
  const { brokers } = addressesOf(ports);
  const log = pino({ level: 'silent' });
  await ensureService(service, {
    brokers,
    superuserUrl: superuserUrl(ports, process.env.POSTGRES_PASSWORD),
    log,
  });

  // Unknown to a system that was started before the service was there.
  const port = ports.services[service.name] ?? service.port;
  const free = await isFree(port);
  if (!free) io.note(`Port ${port} is taken, by another instance as a rule: this one takes a free port.`);
  const { SPEED } = process.env;
  const env = { PORT: String(free ? port : 0), ...(SPEED && { SPEED }) };
  const spec = serviceSpec(service, { ports, cacheDir: defaultCacheDir }, { env });

  const child = spawn(spec.command, ['--import', endWithParent, ...spec.args], {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A session of its own: Ctrl-C in the terminal would reach it as well, and so come twice, which means "at once".
    detached: true,
  });
  await io.out(io.paint('dim', `${name} · process ${child.pid} · Ctrl-C ends it`));
  return await accompany(child, name, io);
}

async function accompany(child: ChildProcess, name: string, io: Io): Promise<number> {
  let asked = false;
  using _ = onSignals(
    () => {
      asked = true;
      child.kill('SIGTERM');
    },
    () => child.kill('SIGKILL'),
  );
  const pretty = prettifier(io);
  const closed = once(child, 'close');
  await Promise.all(
    [child.stdout, child.stderr].map((output) => show(output, (line) => io.out(pretty(line)))),
  );
  const [code, signal] = await closed;
  if (asked) return exitCodes.ok;
  io.note(`brew: ${name} ended by itself (${signal ? `signal ${signal}` : `exit code ${code}`}).`);
  return exitCodes.failed;
}

async function show(output: Readable | null, write: (line: string) => Promise<void>): Promise<void> {
  if (output === null) return;
  for await (const line of createInterface({ input: output })) await write(line);
}
