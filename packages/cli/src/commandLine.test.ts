import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';

/** A command that goes on for ever, gets a second signal with the first one, as by npm, and tells what becomes of it. */
const command = `
  const { untilInterrupted } = await import(${JSON.stringify(import.meta.resolve('./commandLine.ts'))});
  const signal = untilInterrupted();
  process.on('SIGINT', () => console.log('listeners', process.listenerCount('SIGINT')));
  signal.addEventListener('abort', () => {
    console.log('aborted');
    process.kill(process.pid, 'SIGINT');
  });
  setInterval(() => {}, 1_000);
  console.log('ready');
`;

it('is interrupted in order by Ctrl-C, which npm passes on as a second one; another one later ends it', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line);
    if (line === 'ready') child.kill('SIGINT');
    // It is still there: now as a person does who does not want to wait.
    if (seen.length === 4) setTimeout(() => child.kill('SIGINT'), 400);
    // The other listener keeps it alive, unless it is told to go.
    if (seen.length === 5) child.kill('SIGKILL');
  }
  await ended;
  // Whoever looks whether anybody else heeds the signal has to find us, until it is to end.
  expect(seen.slice(0, 5)).toEqual(['ready', 'aborted', 'listeners 2', 'listeners 2', 'listeners 1']);
});
