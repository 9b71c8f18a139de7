import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { BrewError } from '@brew/events';
import { layout } from '@brew/sandbox';
import { exitCodes } from '../errors.ts';
import { mainFile } from '../paths.ts';
import { visible } from '../text/visible.ts';
import type { Message } from './messages.ts';
import type { UpOptions, UpSettings } from './settings.ts';
import type { View } from './views.ts';

/**
 * Starts everything in a process that stays when this one ends, and shows its steps until all is ready.
 * Ctrl-C until then gives the start up.
 *
 * @returns the exit code
 */
export async function detach({ dir }: UpSettings, options: UpOptions, view: View): Promise<number> {
  const child = await spawnSupervisor(dir, options);
  const onSignal = () => void child.kill('SIGTERM');
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await followStart(child, view, join(layout(dir).logs, 'supervisor.log'));
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    view.close();
  }
}

async function spawnSupervisor(
  dir: string,
  { rate, simulator, speed, kafka, verbose }: UpOptions,
): Promise<ChildProcess> {
  const { logs } = layout(dir);
  await mkdir(logs, { recursive: true });
  await using log = await open(join(logs, 'supervisor.log'), 'a');
  const flags = ['--rate', String(rate), '--speed', String(speed), '--kafka', kafka];
  if (!simulator) flags.push('--no-simulator');
  if (verbose) flags.push('--verbose');
  // A session of its own, so that neither Ctrl-C nor the end of the terminal reaches it.
  return spawn(process.execPath, [mainFile, 'up', '--supervise', ...flags], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
}

function followStart(child: ChildProcess, view: View, logFile: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.kind === 'step') view.step(message.step);
      else if (message.kind === 'say') view.say(message.line);
      else if (message.kind === 'died') view.died(message.death);
      else if (message.kind === 'failed') {
        view.close();
        process.stderr.write(`${visible(message.text)}\n`);
      } else {
        child.disconnect();
        child.unref();
        resolve(exitCodes.ok);
      }
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // With a code it has said why.
      if (code !== null) return resolve(code);
      reject(
        new BrewError('BREW_PROCESS_DIED', `The start was ended by ${signal}. Read its log: ${logFile}`),
      );
    });
  });
}
